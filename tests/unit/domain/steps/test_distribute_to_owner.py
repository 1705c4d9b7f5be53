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


SHARED = {"users": ["1", "2", "3"], "groups": ["north"]}


def distributed(partition, people=STAFF.users, number=1, turn=0):
    """Who gets so many contacts of a partition, one after the other, and whose turn is next."""
    flow, owners = a_flow().step("distribute_to_owner", "share", **SHARED).open(), []
    for _ in range(number):
        one = Passage(flow, staff=Staff(people, {"test:share": turn}))
        one.participant = one.participant.but(partition=partition)
        owners.append(one.begin().contact.owner)
        turn += len(one.last.turns)
        assert one.last.turns == ("test:share",)
    return owners, turn


@pytest.mark.parametrize("partition", [0, 1, 7])
def test_people_and_groups_get_one_after_the_other_and_who_is_not_available_nobody(partition):
    owners, _ = distributed(partition, number=9)
    assert set(owners[:3]) == {"1", "2", "4"}
    assert owners == owners[:3] * 3


def test_partitions_begin_with_different_people_so_that_all_of_them_together_are_even():
    begun = Counter(distributed(partition)[0][0] for partition in range(6))
    assert begun == {"1": 2, "2": 2, "4": 2}


def test_who_comes_back_gets_no_more_than_the_others_from_then_on():
    two, turn = distributed(0, [a_user("1"), a_user("2")], number=10)
    three, _ = distributed(0, STAFF.users, number=6, turn=turn)
    assert Counter(two) == {"1": 5, "2": 5}
    assert Counter(three) == {"1": 2, "2": 2, "4": 2}


def test_the_same_passage_at_the_same_turn_gets_the_same_owner_again():
    assert len({passage(**SHARED).contact.owner for _ in range(5)}) == 1
    why = passage(**SHARED).entries[0].why
    assert (why["available"], why["turn"], why["owner"]) == (["1", "2", "4"], 0, "1")


def test_who_is_given_to_its_owner_again_is_told_of_all_the_same():
    kept = passage(a_contact(owner="1"), users=["1"], only_if_unassigned=False)
    assert (kept.contact.owner, kept.last.turns) == ("1", ("test:share",))
    assert (kept.entries[0].did, kept.entries[0].why["owner"]) == (Did.WENT_ON, "1")


def test_who_goes_to_the_fall_back_takes_nobody_s_turn():
    assert passage(users=["3"], fall_back="7").last.turns == ()
    assert passage(a_contact(owner="9"), users=["1"]).last.turns == ()


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
