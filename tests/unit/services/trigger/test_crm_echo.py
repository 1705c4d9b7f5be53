"""What comes back from the CRM of what was done there."""

from datetime import timedelta

import pytest

from common.domain.crm_act import ChangedContact, Join, NewContact, NewSale, ScriptRun
from common.domain.crm_telling import told
from common.domain.effect import EffectState
from common.domain.event import CONTACT_CREATED, CONTACT_UPDATED, PROJECT_ADDED, PROJECT_REMOVED, SALE_CREATED
from common.messages.record import Record
from services.trigger.crm_echo import as_heard, is_echo, is_overtaken
from tests.support.flows import START

BEFORE, THEN, LATER = (START + timedelta(seconds=n) for n in (-9, 0, 9))


def an_act(act=ChangedContact(fields=("country", "custom.tier")), **changes):  # noqa: B008 - frozen
    changes = {"state": EffectState.DONE, "attempts": 1, "told_at": THEN} | changes
    return told("r1", act, "8", 0, cause="r1", depth=3, now=START).but(**changes)


PLANNED = {"state": EffectState.PLANNED, "attempts": 0, "told_at": None}
ON_ITS_WAY = {"state": EffectState.SENDING, "attempts": 1, "told_at": None}


def a_record(event_type=CONTACT_UPDATED, at=None, source="crm", **data):
    crm = {"crm": {"updated_at": at.isoformat()}} if at else {}
    return Record(id="e", type=event_type, source=source, contact="8", time=START, data=data | crm)


def test_what_follows_from_our_acts_is_as_deep_as_they_are():
    sold = an_act(NewSale(title="Mill"))
    heard = as_heard(a_record(SALE_CREATED), [sold])
    assert (heard.depth, heard.cause) == (3, "r1")
    asked = as_heard(a_record("order.placed"), [sold])
    assert (asked.depth, asked.cause) == (0, None)


def test_a_script_may_lead_to_events_of_its_own_and_not_to_orders():
    ran = an_act(ScriptRun(script="score"), told_at=None)
    assert [as_heard(a_record(kind), [ran]).depth for kind in ("score.risen", "sale.sold", "order.placed")] == [
        3, 3, 0,
    ]  # fmt: skip


def test_who_changes_a_record_later_on_follows_nothing():
    for seconds, depth in ((50, 3), (70, 0)):
        at = THEN + timedelta(seconds=seconds)
        assert as_heard(a_record(at=at, country="DE"), [an_act()]).depth == depth


def test_what_has_not_left_yet_led_to_nothing():
    assert as_heard(a_record(country="DE"), [an_act(**PLANNED)]).depth == 0


def test_what_begins_here_is_heard_as_it_is():
    for record in (a_record(source="form", country="DE"), a_record(source="headrace/flows/f", country="DE")):
        assert as_heard(record, [an_act(**PLANNED)]) is record


@pytest.mark.parametrize(
    ("act", "at", "kept"),
    [
        (PLANNED, LATER, False),
        (ON_ITS_WAY, LATER, False),
        ({"state": EffectState.IN_DOUBT, "told_at": None}, LATER, False),
        ({}, BEFORE, False),
        ({}, THEN, True),
        ({}, LATER, True),
        ({}, None, True),
    ],
)
def test_an_older_value_is_left_out_and_a_newer_one_is_taken(act, at, kept):
    record = a_record(at=at, country="DE", custom={"tier": "tin", "size": 1}, first_name="Ada")
    heard = as_heard(record, [an_act(**act)]).data
    assert ("country" in heard, "tier" in heard["custom"]) == (kept, kept)
    assert (heard["first_name"], heard["custom"]["size"]) == ("Ada", 1)


def test_a_contact_that_moved_to_another_company_is_not_moved_back():
    moved = an_act(ChangedContact(fields=("company.id",)), **PLANNED)
    assert "company" not in as_heard(a_record(company={"id": "4", "name": "Old"}), [moved]).data


@pytest.mark.parametrize(
    ("act", "at", "echo"),
    [
        ({}, THEN, True),
        ({}, LATER, False),
        ({}, None, True),
        (ON_ITS_WAY, LATER, True),
        (PLANNED, THEN, False),
    ],
)
def test_an_event_that_changes_nothing_is_an_echo_unless_it_is_newer(act, at, echo):
    assert is_echo(a_record(at=at), [an_act(**act)]) is echo
    assert not is_echo(a_record(at=at).but(changed=("country",)), [an_act(**act)])
    assert not is_echo(a_record(at=at), [])


def test_a_person_whom_we_made_there_is_no_new_one():
    made = an_act(NewContact())
    assert is_echo(a_record(CONTACT_CREATED, at=THEN), [made])
    assert as_heard(a_record(CONTACT_CREATED), [made]).type == CONTACT_UPDATED


def test_a_membership_that_we_told_of_is_an_echo_and_another_is_not():
    joined = [an_act(Join(of="project", name="3"), told_at=None)]
    assert is_echo(a_record(PROJECT_ADDED, project="3"), joined)
    assert not is_echo(a_record(PROJECT_ADDED, project="4"), joined)
    assert not is_echo(a_record(SALE_CREATED), joined)


def test_the_opposite_of_a_membership_that_is_still_to_be_told_is_overtaken():
    joins = [an_act(Join(of="project", name="3"), **PLANNED)]
    assert is_overtaken(a_record(PROJECT_REMOVED, project="3"), joins)
    assert not is_overtaken(a_record(PROJECT_REMOVED, project="4"), joins)
    assert not is_overtaken(a_record(PROJECT_REMOVED, project="3"), [an_act(Join(of="project", name="3"))])
