"""Which success criteria an event meets, and which a suggested contact meets already."""

import pytest

from common.domain.event import CONTACT_UPDATED, ORDER_PLACED
from common.messages.record import Finding
from tests.support.flows import IS_CUSTOMER, a_contact, a_flow, line
from tests.unit.services.memory_road import MemoryRoad

LARGE = {"kind": "order_placed", "conditions": [line("event.amount", "ge", 100, "number")]}
FORM = {"kind": "form_submitted", "form": "rsvp"}


async def findings(road, record):
    """What the success service adds to the record, as it comes from the trigger."""
    (told,) = await success(road, *await road.found_by_trigger(record))
    return told.findings


async def success(road, *records):
    return await road.through(road.before[1], records)


def succeeding(*criteria, trigger=None):
    return a_flow().triggered_by(trigger or {"kind": "manual"}).succeeding_by(*criteria).wait("w", days=1)


async def test_a_criterion_met_by_the_event_is_found_with_the_values_seen():
    road = MemoryRoad(succeeding(FORM, LARGE).open(version=2, run=3)).knows(a_contact())

    (found,) = (await findings(road, road.record(ORDER_PLACED, amount=120))).criteria

    assert (found.flow, found.version, found.run, found.holds) == ("test", 2, 3, True)
    assert found.by == "success.criteria[1]"
    assert [(row.field, row.value, row.expected) for row in found.seen] == [("event.amount", 120, 100)]


async def test_a_criterion_that_is_not_met_is_no_finding():
    road = MemoryRoad(succeeding(LARGE).open()).knows(a_contact())

    assert (await findings(road, road.record(ORDER_PLACED, amount=99))).criteria == ()


async def test_several_flows_are_answered_each_for_itself():
    road = MemoryRoad(
        succeeding(LARGE).open(flow_id="a"),
        succeeding({"kind": "order_placed"}).open(flow_id="b"),
        succeeding(FORM).open(flow_id="c"),
    ).knows(a_contact())

    found = (await findings(road, road.record(ORDER_PLACED, amount=50))).criteria

    assert [row.flow for row in found] == ["b"]


async def test_what_a_suggested_contact_is_already_is_found_beside_the_event():
    flow = succeeding({"kind": "order_placed"}, IS_CUSTOMER, trigger={"kind": "order_placed"})
    road = MemoryRoad(flow.open()).knows(a_contact(category="Customer"))

    found = await findings(road, road.record(ORDER_PLACED))

    assert [row.by for row in found.criteria] == ["success.criteria[0]"]
    assert [row.by for row in found.states] == ["success.criteria[1]"]
    assert [row.value for row in found.states[0].seen] == ["Customer"]


@pytest.mark.parametrize(
    ("criterion", "contact"),
    [
        ({"kind": "added_to_selection", "selection": "vip"}, {"selections": ["vip"]}),
        ({"kind": "added_to_project", "project": "talks"}, {"projects": ["talks"]}),
    ],
)
async def test_a_member_already_is_found_when_suggested_by_whatever_event(criterion, contact):
    flow = succeeding(LARGE, criterion, trigger={"kind": "order_placed"})
    road = MemoryRoad(flow.open()).knows(a_contact(**contact))

    found = await findings(road, road.record(ORDER_PLACED, amount=1))

    assert found.criteria == ()
    assert [row.by for row in found.states] == ["success.criteria[1]"]
    assert [row.value for row in found.states[0].seen] == list(contact.values())


async def test_the_version_on_the_record_is_asked_though_there_is_a_newer_one():
    old = succeeding(IS_CUSTOMER, trigger={"kind": "contact_updated"})
    road = MemoryRoad(old.open(version=1)).knows(a_contact(category="Lead"))
    (record,) = await road.found_by_trigger(road.record(CONTACT_UPDATED, category="Customer"))
    road.open(succeeding(FORM).open(version=2))

    (told,) = await success(road, record)

    assert [(row.version, row.by) for row in told.findings.criteria] == [(1, "success.criteria[0]")]
    assert [row.version for row in told.findings.states] == [1]


async def test_a_version_that_is_gone_finds_nothing_and_holds_up_nobody():
    road = MemoryRoad(succeeding({"kind": "order_placed"}).open()).knows(a_contact())
    (record,) = await road.found_by_trigger(road.record(ORDER_PLACED))
    road.versions.rows.clear()

    (told,) = await success(road, record)

    assert told.findings.criteria == ()


async def test_what_others_found_stays():
    road = MemoryRoad(succeeding(LARGE).open()).knows(a_contact())
    (record,) = await road.found_by_trigger(road.record(ORDER_PLACED, amount=100))
    row = Finding(flow="other", version=1, run=1, holds=True, by="filter")
    record = record.but(findings=record.findings.but(filters=(row,)))

    (told,) = await success(road, record)

    assert told.findings.filters == (row,)
