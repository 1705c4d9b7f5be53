"""What one record changes: waits, raised events, contacts, effects; and nothing at all when it raises."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from common.domain.caps import Cap
from common.domain.event import CONTACT_UPDATED, ORDER_PLACED, SELECTION_ADDED
from common.domain.participant import Participant
from common.domain.reasons import DropOut, Refusal, Status
from common.domain.steps.add_to_selection import AddToSelection
from common.domain.steps.wait_time import WaitTime
from common.messages.happened import ParticipantLeft
from common.messages.record import Record
from common.runtime.handler import Batch
from services.executor.world import ExecutorWorld
from tests.support.flows import CLICK, FORM, START, a_contact, a_flow
from tests.unit.services.memory_road import MemoryRoad

ORDER = {"kind": "order_placed"}
UPDATED = {"kind": "contact_updated"}


async def test_an_action_ends_the_wait_that_names_it():
    road = MemoryRoad(a_flow().wait_for(CLICK, FORM, step_id="act").wait("rest", days=1).open())
    road.knows(a_contact())
    await road.happens(ORDER_PLACED)

    record = await road.happens("form.submitted", form="rsvp")

    assert road.passage().step == "rest"
    assert [entry.did for entry in road.last.entries] == ["kept_action", "went_on", "waits"]
    assert (road.last.record, road.last.verdict) == (record.id, "moved")


async def test_an_action_before_the_wait_counts_if_it_came_since_enrolment():
    road = MemoryRoad(
        a_flow().wait("first", days=1).wait_for(CLICK, step_id="act").wait("rest", days=1).open()
    )
    road.knows(a_contact())
    await road.happens("link.clicked", link="offer")
    await road.happens(ORDER_PLACED)
    road.after(days=1)
    await road.fire()
    assert road.passage().step == "act", "what was done before enrolment does not count"

    road.participants.rows.clear()
    await road.happens(ORDER_PLACED)
    await road.happens("link.clicked", link="offer")
    road.after(days=1)
    await road.fire()
    assert road.passage().step == "rest"


async def test_an_event_and_the_timer_of_its_wait_at_one_instant_the_timer_goes_first():
    document = a_flow().wait_for(CLICK, step_id="act", max_wait={"days": 1}, on_timeout="exit")
    road = MemoryRoad(document.open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    road.after(days=1)
    await road.happens("link.clicked", link="offer")

    assert (road.passage().status, road.passage().reason) == (Status.DROPPED_OUT, DropOut.WAIT_TIMEOUT)
    assert road.facts[-1] == ParticipantLeft(
        flow="test", run=1, version=1, participant=road.passage().id,
        status=Status.DROPPED_OUT, reason=DropOut.WAIT_TIMEOUT, enrolled_at=road.passage().enrolled_at,
        step="act", entered_at=road.passage().enrolled_at,
    )  # fmt: skip


async def test_a_mail_is_planned_once_and_the_participant_goes_on():
    road = MemoryRoad(a_flow().mail("hello").wait("rest", days=1).open()).knows(a_contact())

    await road.happens(ORDER_PLACED)

    (effect,) = road.effects.rows.values()
    inside = road.passage()
    assert (effect.participant, effect.step, effect.content, effect.state) == (
        inside.id, "hello", "hello", "planned",
    )  # fmt: skip
    assert inside.last_message is not None and inside.last_message.effect == effect.id
    assert inside.step == "rest"


async def test_a_blocked_address_gets_no_mail():
    road = MemoryRoad(a_flow().mail("hello").open()).knows(a_contact(email="Ada@Example.org"))
    road.addresses.blocking.add("ada@example.org")

    await road.happens(ORDER_PLACED)

    assert road.passage().reason is DropOut.EMAIL_BLOCKED
    assert not road.effects.rows


async def test_a_change_of_the_contact_raises_an_event_that_says_what_it_was_before():
    road = MemoryRoad(a_flow().update(category="Customer").wait("rest", days=1).open())
    road.knows(a_contact(category="Lead"))

    record = await road.happens(ORDER_PLACED)

    assert road.contacts.rows["1"].category == "Customer"
    (raised,) = road.raised
    assert (raised.type, raised.contact, raised.applied, raised.depth) == (CONTACT_UPDATED, "1", True, 1)
    assert (raised.data, raised.before, raised.changed) == (
        {"category": "Customer"}, {"category": "Lead"}, ("category",),
    )  # fmt: skip
    assert (raised.cause, raised.source, raised.time) == (record.id, "headrace/flows/test", road.now)
    assert road.archive.rows.keys() == {raised.id}


async def test_what_a_timer_raises_happens_now_and_names_the_enrolling_record():
    document = a_flow().wait_for(
        CLICK, step_id="act", max_wait={"days": 7}, on_timeout="exit", exit={"add_to_selection": "silent"}
    )
    road = MemoryRoad(document.open()).knows(a_contact())
    record = await road.happens(ORDER_PLACED)

    road.after(days=7)
    await road.fire()

    (raised,) = road.raised
    assert (raised.type, raised.data) == (SELECTION_ADDED, {"selection": "silent"})
    assert (raised.time, raised.cause) == (road.now, record.id)


async def test_a_follow_on_flow_is_suggested_now_with_its_cause():
    going_on = a_flow().going_on_to(otherwise="next").wait("rest", days=1)
    following = a_flow().triggered_by({"kind": "manual"}).wait("stay", days=1)
    road = MemoryRoad(going_on.open(), following.open(flow_id="next")).knows(a_contact())
    record = await road.happens(ORDER_PLACED)

    road.after(days=1)
    await road.fire()
    (suggested,) = road.raised
    assert (suggested.data, suggested.depth) == ({"flow": "next", "by": "flow test"}, 1)
    assert (suggested.time, suggested.cause) == (road.now, record.id)

    await road.run_on()
    assert road.passage(flow_id="next").step == "stay"
    assert "suggested for flow next" in road.words


async def test_a_flow_may_start_another_by_what_it_changes():
    changing = a_flow().update(category="Customer").wait("rest", days=1)
    started = a_flow().triggered_by(UPDATED | {"changed": ["category"]}).wait("rest", days=1)
    road = MemoryRoad(changing.open(flow_id="one"), started.open(flow_id="two")).knows(a_contact())

    await road.happens(ORDER_PLACED)
    assert await road.run_on() == 1

    assert road.passage(flow_id="two").depth == 1


async def test_flows_that_start_each_other_without_a_wait_are_stopped_at_the_tenth():
    ping = a_flow().triggered_by({"kind": "manual"}).going_on_to(otherwise="pong").add_to("done")
    pong = a_flow().triggered_by({"kind": "manual"}).going_on_to(otherwise="ping").add_to("done")
    road = MemoryRoad(ping.open(flow_id="ping"), pong.open(flow_id="pong")).knows(a_contact())

    await road.suggest(flow_id="ping")
    await road.run_on()

    assert len(road.passages()) == 10
    assert [p.depth for p in road.passages()] == list(range(10))
    assert road.refusals() == [Refusal.LOOP]
    assert "the tenth in a row" in road.words


async def test_a_wait_between_makes_it_no_loop():
    ping = a_flow().triggered_by({"kind": "manual"}).going_on_to(otherwise="pong").wait("rest", days=1)
    pong = a_flow().triggered_by({"kind": "manual"}).going_on_to(otherwise="ping").wait("rest", days=1)
    road = MemoryRoad(ping.open(flow_id="ping"), pong.open(flow_id="pong")).knows(a_contact())
    await road.suggest(flow_id="ping")

    for _ in range(15):
        await road.run_on()
        road.after(days=1)
        await road.fire()

    assert len(road.passages()) == 15
    assert road.refusals() == []


async def test_the_next_step_and_the_next_flow_see_the_changed_contact():
    first = a_flow().update(country="SE").split({"Sweden": (
        [{"type": "text", "field": "contact.country", "op": "is", "value": "SE"}], a_flow().wait("home", days=1),
    )})  # fmt: skip
    second = a_flow().excluding("late").wait("rest", days=1)
    road = MemoryRoad(first.open(flow_id="a"), second.open(flow_id="b")).knows(a_contact(country="DE"))

    await road.happens(ORDER_PLACED)

    assert road.passage(flow_id="a").step == "home"


async def test_two_flows_that_change_a_contact_at_once_lose_nothing():
    one = a_flow().update(custom={"one": 1}).wait("rest", days=1)
    two = a_flow().update(custom={"two": 2}).add_to("both").wait("rest", days=1)
    road = MemoryRoad(one.open(flow_id="one"), two.open(flow_id="two")).knows(a_contact())

    await road.send(road.record(CONTACT_UPDATED, country="NO"), road.record(ORDER_PLACED))

    stored = road.contacts.rows["1"]
    assert (stored.country, stored.custom, stored.selections) == ("NO", {"one": 1, "two": 2}, ["both"])


async def test_an_event_about_one_contact_moves_no_other():
    road = MemoryRoad(a_flow().wait_for(CLICK, step_id="act").wait("rest", days=1).open())
    road.knows(a_contact("1"), a_contact("2"))
    await road.happens(ORDER_PLACED, "1")
    await road.happens(ORDER_PLACED, "2")

    await road.happens("link.clicked", "1", link="offer")

    assert (road.passage("1").step, road.passage("2").step) == ("rest", "act")


async def test_whoever_stands_in_a_flow_that_has_ended_is_cancelled_by_its_timer():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    road.close().after(days=1)
    await road.fire()

    assert road.passage().status is Status.CANCELLED


class Poison(Exception):
    """Raised by what can't be handled."""


def raising(*arguments: Any) -> Any:
    raise Poison


async def world_with(road: MemoryRoad, *records: Record, timers: Sequence[Participant] = ()) -> ExecutorWorld:
    batch = Batch(partition=0, now=road.now, book=road.book, records=records, timers=timers)
    return await road.executor.load(batch)


async def test_a_record_that_raises_leaves_the_world_as_it_was(monkeypatch):
    document = a_flow().mail("hello").update(category="Customer").add_to("late").wait("rest", days=1)
    road = MemoryRoad(document.open()).knows(a_contact("1"), a_contact("2"), a_contact("3"))
    good, bad, also_good = await road.found(*(road.record(ORDER_PLACED, c) for c in "123"))
    world = await world_with(road, good, bad, also_good)

    world.decide(good)
    with monkeypatch.context() as patch:
        patch.setattr(AddToSelection, "arrive", raising)
        with pytest.raises(Poison):
            world.decide(bad)
    world.decide(also_good)
    outcome = world.outcome()

    assert {p.contact for p in road.participants.rows.values()} == {"1", "3"}
    assert {effect.contact for effect in road.effects.rows.values()} == {"1", "3"}
    assert {row.contact for row in road.decisions.rows} == {"1", "3"}
    assert {record.contact for _, record in outcome.posted} == {"1", "3"}
    assert {record.contact for record in outcome.onward} == {"1", "3"}
    assert road.contacts.rows["2"] == a_contact("2")


async def test_a_timer_that_raises_is_disarmed_and_can_be_fired_again(monkeypatch):
    road = MemoryRoad(a_flow().wait("rest", days=1).mail("hello").wait("stay", days=1).open())
    road.knows(a_contact())
    await road.happens(ORDER_PLACED)
    road.after(days=1)
    timer = road.passage()
    world = await world_with(road, timers=[timer])

    with monkeypatch.context() as patch:
        patch.setattr(WaitTime, "wake", raising)
        with pytest.raises(Poison):
            world.fire(timer)
        shelved = world.shelve(timer)
    outcome = world.outcome()

    assert not outcome.onward and not outcome.posted
    assert (road.passage().due, road.passage().held, road.passage().step) == (None, True, "rest")
    assert await road.participants.due(0, road.now, 10) == []

    road.after(hours=3)
    await road.execute(shelved)
    assert (road.passage().step, road.passage().held) == ("stay", False)
    assert road.passage().due == road.now + timedelta(days=1)

    await road.execute(shelved)
    assert (road.passage().step, len(road.effects.rows)) == ("stay", 1), "fired twice moves once"


async def test_a_shelved_timer_of_a_paused_flow_stays_held_for_the_resume():
    road = MemoryRoad(a_flow().wait("rest", days=1).wait("stay", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    road.after(days=1)
    timer = road.passage()
    world = await world_with(road, timers=[timer])
    shelved = world.shelve(timer)
    world.outcome()

    road.pause()
    await road.execute(shelved)
    assert (road.passage().step, road.passage().held, road.passage().due) == ("rest", True, None)

    await road.resume()
    assert road.passage().step == "stay"


async def test_who_is_enrolled_drops_out_of_the_flows_that_are_named():
    one = a_flow().triggered_by({"kind": "manual"}).wait("rest", days=1)
    two = a_flow().having(removes_from=["one", "other"]).wait("rest", days=1)
    road = MemoryRoad(one.open(flow_id="one"), one.open(flow_id="kept"), two.open(flow_id="two"))
    road.knows(a_contact())
    await road.suggest(flow_id="one")
    await road.suggest(flow_id="kept")
    road.pause("one")

    await road.happens(ORDER_PLACED)

    removed = road.passage(flow_id="one")
    assert (removed.status, removed.reason) == (Status.DROPPED_OUT, DropOut.REMOVED_BY_FLOW)
    assert removed.reason_text == "enrolled in flow two"
    assert road.passage(flow_id="kept").active
    assert road.passage(flow_id="two").active
    assert "enrolled in flow two" in road.words


async def test_a_passage_of_the_same_event_is_ended_too():
    one = a_flow().wait("rest", days=1)
    two = a_flow().having(removes_from=["one"]).wait("rest", days=1)
    road = MemoryRoad(one.open(flow_id="one"), two.open(flow_id="two")).knows(a_contact())

    await road.happens(ORDER_PLACED)

    assert road.passage(flow_id="one").reason is DropOut.REMOVED_BY_FLOW
    assert road.passage(flow_id="two").active


async def test_who_is_refused_is_not_removed_from_anywhere():
    one = a_flow().triggered_by({"kind": "manual"}).wait("rest", days=1)
    two = a_flow().having(removes_from=["one"], enrols_until=START).wait("rest", days=1)
    road = MemoryRoad(one.open(flow_id="one"), two.open(flow_id="two")).knows(a_contact())
    await road.suggest(flow_id="one")

    await road.happens(ORDER_PLACED)

    assert road.passage(flow_id="one").active
    assert road.refusals() == [Refusal.ENROLMENT_ENDED]
    assert "took no newcomers any more" in road.words


async def test_waiting_for_the_start_and_for_the_window_is_explained():
    flow = (
        a_flow()
        .having(starts_at=START + timedelta(days=1))
        .mailing(window={"opens": "08:00", "closes": "09:00"})
    )
    road = MemoryRoad(flow.mail("hello").open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    road.after(days=1)
    await road.fire()

    assert "waits for the flow to begin, before start until 2026-03-03 12:00:00" in road.words
    assert "waits for the sending window to open, before hello until 2026-03-04 08:00:00" in road.words


async def test_caps_bind_over_flows_and_are_explained():
    one = a_flow().mail("hello").wait("rest", days=9)
    two = a_flow().mail("hi").wait("rest", days=9)
    road = MemoryRoad(one.open(flow_id="one"), two.open(flow_id="two")).knows(a_contact())
    road.caps.caps.append(Cap(most=1, days=2))

    await road.happens(ORDER_PLACED)
    assert [effect.content for effect in road.effects.rows.values()] == ["hello"]
    assert road.passage(flow_id="two").before
    assert (
        "waits before hi until 2026-03-04 12:00:00: 1 message within 2 days, and the cap is 1" in road.words
    )

    road.after(days=2)
    await road.fire()
    assert [effect.content for effect in road.effects.rows.values()] == ["hello", "hi"]


async def test_a_message_that_is_never_sent_makes_room_again():
    road = MemoryRoad(a_flow().mail("hello").wait("rest", days=9).open()).knows(a_contact())
    road.caps.caps.append(Cap(most=1, days=2))
    await road.happens(ORDER_PLACED)
    assert len(road.contacts.rows["1"].recent) == 1

    await road.settle("1", state="done")
    assert len(road.contacts.rows["1"].recent) == 1
    await road.settle("1", state="withdrawn", reason="flow_ended")
    assert road.contacts.rows["1"].recent == []


async def test_a_message_that_is_left_out_is_explained():
    road = MemoryRoad(a_flow().mail("one").mail("two").wait("rest", days=9).open()).knows(a_contact())
    road.caps.caps.append(Cap(most=1, days=2, then="skip"))

    await road.happens(ORDER_PLACED)

    assert "left out the message of two: 1 message within 2 days, and the cap is 1" in road.words


async def test_contacts_are_shared_among_users_one_after_the_other_over_batches():
    flow = a_flow().step("distribute_to_owner", "share", users=["1", "2"], notify=False).wait("rest", days=1)
    road = MemoryRoad(flow.open())
    for number in range(5):
        road.knows(a_contact(f"c{number}"))
        await road.happens(ORDER_PLACED, f"c{number}")

    owners = [road.contacts.rows[f"c{number}"].owner for number in range(5)]
    assert owners in (["1", "2", "1", "2", "1"], ["2", "1", "2", "1", "2"])
