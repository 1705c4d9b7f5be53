"""Events applied to contacts, and the flows found that they start or that listen for them."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from common.domain.contact import E_MARKETING
from common.domain.event import (
    CONTACT_CREATED,
    CONTACT_IMPORTED,
    CONTACT_UNSUBSCRIBED,
    CONTACT_UPDATED,
    ENROLMENT_SUGGESTED,
    ORDER_PLACED,
    PARTICIPANT_REMOVED,
    SELECTION_ADDED,
)
from common.messages.record import Concern, Heard, Suggestion
from common.runtime.handler import Batch
from tests.support.flows import CLICK, CLICK_SLOT, a_contact, a_flow, line
from tests.unit.services.memory_road import MemoryRoad

UPDATED = {"kind": "contact_updated"}
MANUAL = {"kind": "manual"}


async def trigger(road, *records):
    """What the trigger passes on of one batch."""
    return list(await road.found_by_trigger(*records))


def listening(*lines, **trigger):
    return a_flow().triggered_by({**UPDATED, **trigger, "conditions": list(lines)}).wait("w", days=1).open()


async def test_a_change_is_applied_and_told_with_what_was_before():
    road = MemoryRoad(listening(line("before.category", "is", "Lead")))
    road.knows(a_contact(category="Lead", custom={"tier": "tin", "size": 1}))

    (onward,) = await trigger(
        road, road.record(CONTACT_UPDATED, category="Customer", country="DE", custom={"tier": "gold"})
    )

    stored = road.contacts.rows["1"]
    assert (stored.category, stored.custom, stored.revision) == ("Customer", {"tier": "gold", "size": 1}, 1)
    assert set(onward.changed) == {"category", "custom.tier"}
    assert onward.before == {"category": "Lead", "custom": {"tier": "tin"}}
    assert [s.seen[0].value for s in onward.suggestions] == ["Lead"]


async def test_a_change_from_one_value_to_another_starts_a_flow_that_asks_for_it():
    flow = listening(
        line("before.category", "is", "Lead"),
        line("contact.category", "is", "Prospect"),
        changed=["category"],
    )
    for before, after, starts in (
        ("Lead", "Prospect", True),
        ("Customer", "Prospect", False),
        ("Lead", "Customer", False),
        ("Prospect", "Prospect", False),
    ):
        road = MemoryRoad(flow).knows(a_contact(category=before))
        onward = await trigger(road, road.record(CONTACT_UPDATED, category=after))
        assert bool(onward) is starts, (before, after)


async def test_an_unknown_contact_comes_into_being_bare_then_with_what_is_told():
    road = MemoryRoad()

    await trigger(road, road.record(ORDER_PLACED, "new"), road.record(CONTACT_UPDATED, "new", country="SE"))

    assert road.contacts.rows["new"].country == "SE"
    assert road.contacts.rows["new"].revision == 1


async def test_an_import_changes_the_contact_and_triggers_nothing():
    created = a_flow().triggered_by({"kind": "contact_created"}).wait("w", days=1).open(flow_id="created")
    road = MemoryRoad(listening(), created)

    onward = await trigger(road, road.record(CONTACT_IMPORTED, "new", country="SE"))

    assert onward == []
    assert road.contacts.rows["new"].country == "SE"


async def test_what_a_flow_has_applied_is_not_applied_again():
    road = MemoryRoad(listening(changed=["category"])).knows(a_contact(category="Customer"))
    raised = road.record(CONTACT_UPDATED, category="Lead").but(
        applied=True, changed=("category",), before={"category": "Prospect"}, depth=1
    )

    (onward,) = await trigger(road, raised)

    assert road.contacts.rows["1"].category == "Customer"
    assert (onward.before, onward.changed, onward.depth) == ({"category": "Prospect"}, ("category",), 1)
    assert len(onward.suggestions) == 1


async def test_records_that_nobody_needs_stop_here():
    road = MemoryRoad(listening()).knows(a_contact())

    assert await trigger(road, road.record("quote.sent"), road.record("trial.started")) == []


async def test_orders_and_sales_go_on_since_they_may_follow_an_enrolment():
    road = MemoryRoad(listening()).knows(a_contact())

    (onward,) = await trigger(road, road.record(ORDER_PLACED))

    assert (onward.suggestions, onward.concerns, onward.heard) == ((), (), ())


async def test_removals_go_on_whatever_flows_listen_for():
    road = MemoryRoad().knows(a_contact())

    assert len(await trigger(road, road.record(PARTICIPANT_REMOVED, participant="p", flow="f"))) == 1


async def test_a_suggestion_by_hand_takes_the_facts_that_its_flow_asks_for():
    flow = a_flow().triggered_by(MANUAL).filtered(line("contact.country", "is", "DE")).excluding("staff")
    road = MemoryRoad(flow.wait("w", days=1).open(version=4)).knows(a_contact(selections=["staff"]))

    (onward,) = await trigger(road, road.record(ENROLMENT_SUGGESTED, flow="test", by="key crm"))

    assert onward.suggestions == (Suggestion(flow="test", version=4, run=1, by="key crm"),)
    assert onward.facts == {"contact.country": "DE", "contact.selections": ["staff"]}


async def test_a_suggestion_for_a_closed_flow_goes_on_to_be_refused():
    road = MemoryRoad().knows(a_contact())

    (onward,) = await trigger(road, road.record(ENROLMENT_SUGGESTED, flow="gone", by="key crm"))

    assert onward.suggestions == (Suggestion(flow="gone", version=0, run=0, by="key crm"),)


async def test_a_paused_flow_is_still_started():
    road = MemoryRoad(listening()).knows(a_contact()).pause()

    assert len(await trigger(road, road.record(CONTACT_UPDATED, country="SE"))) == 1


async def test_the_second_event_of_a_batch_sees_what_the_first_has_changed():
    flow = a_flow().triggered_by(
        {"kind": "order_placed", "conditions": [line("contact.category", "is", "Lead")]}
    )
    road = MemoryRoad(flow.wait("w", days=1).open()).knows(a_contact())

    onward = await trigger(
        road,
        road.record(ORDER_PLACED),
        road.record(CONTACT_UPDATED, category="Lead"),
        road.record(ORDER_PLACED),
    )

    assert [bool(record.suggestions) for record in onward] == [False, True]
    assert onward[1].facts["contact.category"] == "Lead"
    assert road.contacts.rows["1"].revision == 1, "one write a batch"


async def test_the_record_names_trigger_criterion_and_wait_with_version_and_run():
    flow = a_flow().triggered_by(MANUAL, CLICK).succeeding_by(CLICK).wait_for(CLICK, step_id="act")
    road = MemoryRoad(flow.open(version=3, run=2)).knows(a_contact())

    (onward,) = await trigger(road, road.record("link.clicked", link="offer"))

    assert onward.suggestions == (Suggestion(flow="test", version=3, run=2, by="triggers[1]"),)
    assert onward.concerns == (Concern(flow="test", version=3, run=2),)
    assert onward.heard == (Heard(flow="test", run=2, slot=CLICK_SLOT),)


async def test_a_field_that_no_store_may_hold_parks_its_record_alone():
    road = MemoryRoad(listening()).knows(a_contact())
    good, bad = road.record(CONTACT_UPDATED, country="SE"), road.record(CONTACT_UPDATED, no_such_field=1)
    world = await road.before[0].load(Batch(partition=0, now=road.now, book=road.book, records=[bad, good]))

    with pytest.raises(ValidationError):
        world.decide(bad)
    world.decide(good)

    assert [record.id for record in world.outcome().onward] == [good.id]


async def test_who_unsubscribes_is_off_the_list_or_out_of_all_marketing():
    for data, listed, consents in (
        ({"subscription_type": "news"}, ["offers"], True),
        ({}, ["news", "offers"], False),
    ):
        road = MemoryRoad().knows(a_contact(subscriptions=["news", "offers"]))
        await trigger(road, road.record(CONTACT_UNSUBSCRIBED, **data))
        stored = road.contacts.rows["1"]
        assert (stored.subscriptions, stored.consents_to(E_MARKETING)) == (listed, consents)


async def test_a_change_of_membership_is_no_update_of_the_contact():
    road = MemoryRoad(listening()).knows(a_contact())

    assert await trigger(road, road.record(SELECTION_ADDED, selection="staff")) == []
    assert road.contacts.rows["1"].selections == ["staff"]


async def test_created_contacts_start_flows_by_what_they_are():
    flow = a_flow().triggered_by(
        {"kind": "contact_created", "conditions": [line("contact.country", "is", "SE")]}
    )
    road = MemoryRoad(flow.wait("w", days=1).open())

    onward = await trigger(
        road, road.record(CONTACT_CREATED, "a", country="SE"), road.record(CONTACT_CREATED, "b", country="NO")
    )

    assert [record.contact for record in onward] == ["a"]
    assert onward[0].time == datetime(2026, 3, 2, 12, tzinfo=UTC)
