from collections import Counter

import pytest

from common.domain.contact import Company
from common.domain.flow_problems import Known, problems
from common.domain.progress import Did
from common.domain.staff import Staff
from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage
from tests.support.users import a_user

STAFF = Staff(
    [
        a_user("1"),
        a_user("2"),
        a_user("3", available=False),
        a_user("4", group="north"),
        a_user("5", group="north", available=False),
    ]
)


def passage(contact=None, **settings):
    flow = a_flow().step("distribute_to_owner", "share", **settings).mail("next")
    return Passage(flow.open(), contact or a_contact(), staff=STAFF).begin()


def test_the_contact_has_its_owner_before_the_next_step_and_the_owner_is_told():
    done = passage(users=["2"], subject="New: {{ contact.name }}", text="Yours")

    assert done.contact.owner == "2"
    (raised,) = done.raised
    assert (raised.type, raised.changed, raised.before, raised.data) == (
        "contact.updated", ("owner",), {"owner": None}, {"owner": "2"},
    )  # fmt: skip
    note, _ = done.effects
    assert (note.channel, note.settings) == (
        "notify_email", {"subject": "New: {{ contact.name }}", "text": "Yours", "user": "2"},
    )  # fmt: skip
    assert done.entries[0].why["available"] == ["2"]


def test_the_owner_is_told_nothing_where_its_author_says_so():
    assert [each.channel for each in passage(users=["2"], notify=False).effects] == ["email"]


@pytest.mark.parametrize(
    "contact", [a_contact(owner="9"), a_contact(company=Company(owner="9"))], ids=["own", "its company's"]
)
def test_who_belongs_to_somebody_keeps_its_owner_unless_all_are_distributed(contact):
    kept = passage(contact, users=["2"])
    assert kept.contact == contact
    assert (kept.entries[0].did, kept.entries[0].why) == (Did.WENT_ON, {"already": True, "owner": "9"})
    assert passage(contact, users=["2"], only_if_unassigned=False).contact.owner == "2"


def test_people_and_groups_are_joined_and_who_is_not_available_gets_nobody():
    share = {"users": ["1", "2", "3"], "groups": ["north"]}
    flow = a_flow().step("distribute_to_owner", "share", **share).open()
    owners: Counter[str] = Counter()
    for number in range(600):
        one = Passage(flow, a_contact(f"c{number}"), staff=STAFF)
        one.participant = one.participant.but(id=f"p{number}")
        owners[one.begin().contact.owner or ""] += 1

    assert sorted(owners) == ["1", "2", "4"]
    assert max(owners.values()) - min(owners.values()) < 90, "evenly, as far as a draw goes"


def test_the_same_passage_draws_the_same_owner_again():
    assert len({passage(users=["1", "2"], groups=["north"]).contact.owner for _ in range(5)}) == 1


def test_when_nobody_is_available_it_is_the_fall_back_s_or_nobody_s():
    assert passage(users=["3"], groups=["south"], fall_back="7").contact.owner == "7"
    nobody = passage(users=["3"])
    assert nobody.contact.owner is None
    assert nobody.contents == ["next"]
    assert nobody.entries[0].why == {"available": [], "owner": None}


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["users"]),
        ({"groups": ["north"]}, []),
        ({"users": ["1"], "subject": " ", "text": ""}, ["subject", "text"]),
        ({"users": ["1"], "subject": "", "text": "", "notify": False}, []),
    ],
)
def test_what_is_incomplete_is_told_by_field(settings, fields):
    (step,) = a_flow().step("distribute_to_owner", **settings).build().steps

    assert [field for field, _ in step.problems()] == fields
    assert step.sends_mail() is step.notify


def test_a_flow_that_tells_new_owners_needs_its_settings_for_mail():
    flow = a_flow().having(email=None).step("distribute_to_owner", "share", users=["1"]).build()
    told = [(each.step, each.field) for each in problems(flow, Known())]
    assert ("share", "notify") in told
