"""The verdict of filter and exclusion lists for each suggestion, with the values that decided it."""

from common.domain.event import ENROLMENT_SUGGESTED, ORDER_PLACED
from common.domain.reasons import Refusal
from tests.support.flows import a_contact, a_flow, country_is, line
from tests.unit.services.memory_road import MemoryRoad


def resting():
    return a_flow().wait("w", days=1)


async def filters(road, record):
    (found,) = await road.found(record)
    return found.findings.filters


async def test_who_meets_the_filter_is_let_in_with_the_values_seen():
    road = MemoryRoad(resting().filtered(*country_is("DE", "SE")).open(version=5)).knows(a_contact())

    (found,) = await filters(road, road.record(ORDER_PLACED))

    assert (found.flow, found.version, found.holds, found.by) == ("test", 5, True, "filter")
    assert [(row.field, row.value, row.holds) for row in found.seen] == [("contact.country", "DE", True)]


async def test_who_does_not_is_refused_by_the_filter_before_any_list():
    road = MemoryRoad(resting().filtered(*country_is("SE")).excluding("staff").open())
    road.knows(a_contact(selections=["staff"]))

    (found,) = await filters(road, road.record(ORDER_PLACED))

    assert (found.holds, found.by) == (False, Refusal.FILTER)


async def test_the_list_that_excludes_is_named():
    road = MemoryRoad(resting().excluding("press", "staff").open())
    road.knows(a_contact(selections=["customers", "staff"]))

    (found,) = await filters(road, road.record(ORDER_PLACED))

    assert (found.holds, found.by) == (False, Refusal.EXCLUSION_LIST)
    assert [(row.field, row.expected, row.value) for row in found.seen] == [
        ("contact.selections", ["staff"], "staff")
    ]


async def test_without_filter_and_lists_everyone_is_let_in():
    road = MemoryRoad(resting().open()).knows(a_contact())

    (found,) = await filters(road, road.record(ORDER_PLACED))

    assert found.holds and found.seen == ()


async def test_each_suggestion_gets_its_own_verdict():
    road = MemoryRoad(
        resting().filtered(*country_is("DE")).open(flow_id="a"),
        resting().filtered(line("event.amount", "gt", 100, "number")).open(flow_id="b"),
    ).knows(a_contact())

    found = await filters(road, road.record(ORDER_PLACED, amount=50))

    assert {row.flow: row.holds for row in found} == {"a": True, "b": False}


async def test_people_suggested_by_hand_are_asked_too():
    road = MemoryRoad(resting().filtered(*country_is("SE")).open()).knows(a_contact())

    (found,) = await filters(road, road.record(ENROLMENT_SUGGESTED, flow="test"))

    assert found.by == Refusal.FILTER


async def test_the_filter_of_the_version_on_the_record_decides_though_there_is_a_newer_one():
    road = MemoryRoad(resting().filtered(*country_is("DE")).open(version=1)).knows(a_contact())
    (record,) = await road.found_by_trigger(road.record(ORDER_PLACED))
    road.open(resting().filtered(*country_is("SE")).open(version=2))

    records = [record]
    for handler in road.before[1:]:
        records = await road.through(handler, records)

    (found,) = records[0].findings.filters
    assert (found.version, found.holds) == (1, True)


async def test_a_flow_that_is_closed_gets_no_verdict_and_its_refusal_later():
    road = MemoryRoad().knows(a_contact())

    assert await filters(road, road.record(ENROLMENT_SUGGESTED, flow="gone")) == ()
