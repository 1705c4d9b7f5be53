"""Ends and resumes of flows, outcomes of messages, removal by hand."""

import pytest

from common.domain import advance
from common.domain.effect import EffectState
from common.domain.event import ACT_WANTED, FLOW_ENDED, ORDER_PLACED, PARTICIPANT_REMOVED
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import MessageSettled, ParticipantLeft, ParticipantRemoved
from common.runtime.effect_outcomes import waits
from services.executor import worker
from services.executor.why import in_words
from tests.support.flows import CLICK, START, a_contact, a_flow
from tests.unit.services.memory_road import MemoryRoad

MANUAL = {"kind": "manual"}


def crowd(road: MemoryRoad, number: int) -> list[str]:
    people = [f"c{n}" for n in range(number)]
    road.knows(*(a_contact(i) for i in people))
    return people


async def enrolled(road: MemoryRoad, number: int) -> None:
    for contact in crowd(road, number):
        await road.happens(ORDER_PLACED, contact)


def statuses(road: MemoryRoad) -> list[Status]:
    return [p.status for p in road.participants.rows.values()]


async def test_ending_a_flow_cancels_everyone_inside_batch_by_batch(monkeypatch):
    monkeypatch.setattr(worker, "FRAME", 2)
    road = MemoryRoad(a_flow().wait("rest", days=1).open())
    await enrolled(road, 5)
    run = road.flows["test"].run
    road.close()
    record = road.record(FLOW_ENDED, "", flow="test", run=run).but(contact=None)

    rounds = 0
    waiting = [record]
    while waiting:
        await road.execute(waiting.pop())
        waiting += road.again
        road.again = []
        rounds += 1
        assert statuses(road).count(Status.CANCELLED) == min(5, 2 * rounds)

    assert rounds == 3
    left = [fact for fact in road.facts if isinstance(fact, ParticipantLeft)]
    assert len({fact.participant for fact in left}) == 5
    assert {fact.status for fact in left} == {Status.CANCELLED}
    assert "cancelled: the flow was ended" in road.words


async def test_those_of_another_run_stay_when_a_run_is_ended():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    old = road.record(FLOW_ENDED, "", flow="test", run=7).but(contact=None)

    await road.execute(old)

    assert road.passage().active


async def test_running_again_brings_nobody_back():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    await road.end()

    road.open(a_flow().wait("rest", days=1).open(run=2, version=2)).after(days=2)
    await road.fire()
    assert road.passage().status is Status.CANCELLED

    await road.happens(ORDER_PLACED)
    assert statuses(road) == [Status.CANCELLED, Status.ACTIVE]


async def test_resuming_takes_everyone_held_further_batch_by_batch(monkeypatch):
    monkeypatch.setattr(worker, "FRAME", 2)
    road = MemoryRoad(a_flow().wait("rest", days=1).wait("stay", days=9).open())
    await enrolled(road, 5)
    road.pause().after(days=2)
    await road.fire()
    await road.fire()
    await road.fire()
    assert {p.held for p in road.participants.rows.values()} == {True}

    await road.resume()

    assert {(p.step, p.held) for p in road.participants.rows.values()} == {("stay", False)}


async def test_what_happened_during_the_pause_takes_effect_at_resume():
    document = a_flow().wait_for(CLICK, step_id="act", max_wait=None).succeeding_by(
        {"kind": "form_submitted", "form": "rsvp"}
    ).wait("stay", days=9)  # fmt: skip
    road = MemoryRoad(document.open())
    await enrolled(road, 3)
    road.pause()
    await road.happens("link.clicked", "c0", link="offer")
    await road.happens("form.submitted", "c1", form="rsvp")
    assert [road.passage(c).step for c in ("c0", "c1", "c2")] == ["act"] * 3

    await road.resume()

    assert road.passage("c0").step == "stay"
    assert road.passage("c1").status is Status.FINISHED_WITH_SUCCESS
    assert road.passage("c2").step == "act"


async def test_a_resume_that_was_overtaken_by_an_end_does_nothing():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).pause()
    await enrolled(road, 1)
    resumed = road.record("headrace.flow.resumed", "", flow="test", run=1).but(contact=None)

    await road.end()
    await road.execute(resumed)

    assert statuses(road) == [Status.CANCELLED]


def failing_for(monkeypatch: pytest.MonkeyPatch, contact: str, decision: str) -> None:
    """This decision raises for the contact's passages."""
    real = getattr(advance, decision)

    def decide(participant, *arguments):
        if participant.contact == contact:
            raise ArithmeticError("too much for this one")
        return real(participant, *arguments)

    monkeypatch.setattr(advance, decision, decide)


async def test_one_who_can_t_be_cancelled_is_set_aside_and_the_end_comes_to_its_end(monkeypatch):
    monkeypatch.setattr(worker, "FRAME", 2)
    road = MemoryRoad(a_flow().wait("rest", days=1).open())
    await enrolled(road, 5)

    with monkeypatch.context() as patch:
        failing_for(patch, "c1", "cancel")
        await road.end()

    assert statuses(road).count(Status.CANCELLED) == 4
    assert (road.passage("c1").active, road.passage("c1").due) == (True, None)
    (aside,) = road.aside
    assert aside.why == "ArithmeticError: too much for this one"
    assert {row.contact for row in road.decisions.rows if row.verdict == "cancelled"} == {
        "c0",
        "c2",
        "c3",
        "c4",
    }

    await road.execute(aside.record)
    assert statuses(road) == [Status.CANCELLED] * 5


async def test_one_who_can_t_be_resumed_is_set_aside_and_tried_again_by_hand_or_by_the_next_resume(
    monkeypatch,
):
    monkeypatch.setattr(worker, "FRAME", 2)
    road = MemoryRoad(a_flow().wait("rest", days=1).wait("stay", days=9).open())
    await enrolled(road, 5)
    road.pause().after(days=2)
    for _ in range(3):
        await road.fire()

    with monkeypatch.context() as patch:
        failing_for(patch, "c1", "resume")
        await road.resume()

    assert [road.passage(f"c{n}").step for n in range(5)] == ["stay", "rest", "stay", "stay", "stay"]
    assert road.passage("c1").held
    (aside,) = road.aside

    road.pause()
    await road.execute(aside.record)
    assert (road.passage("c1").step, road.passage("c1").held) == ("rest", True), "paused: nobody moves"

    await road.resume()
    assert (road.passage("c1").step, road.passage("c1").held) == ("stay", False)
    await road.execute(aside.record)
    assert road.passage("c1").step == "stay", "taken up again too late: nothing is left to do"


async def mailed(**settled):
    """Someone who waits behind a mail that has come to this end."""
    road = MemoryRoad(a_flow().mail("hello").wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    await road.settle("1", **settled)
    return road


@pytest.mark.parametrize("state", ["done", "failed", "in_doubt", "withdrawn"])
async def test_what_became_of_a_message_is_shown_counted_and_told(state):
    road = await mailed(state=state, reason="550 5.1.1 no such user", address="contact-1@example.org")

    last = road.passage().last_message
    assert last is not None and last.status == state
    assert road.passage().active, "nobody waits for a mail's outcome"
    fact = road.facts[-1]
    assert isinstance(fact, MessageSettled)
    assert (fact.state, fact.content, fact.step) == (EffectState(state), "hello", "hello")
    assert (road.last.verdict, road.last.entries[0].did) == ("message", state)
    assert "mail 'hello' of step hello" in road.words
    assert "550 5.1.1 no such user" in road.words


@pytest.mark.parametrize("reason", [DropOut.NO_CONSENT, DropOut.NO_SUBSCRIPTION, DropOut.EMAIL_BLOCKED])
async def test_a_mail_withdrawn_because_it_is_not_allowed_drops_the_participant_out(reason):
    road = await mailed(state="withdrawn", reason=reason)

    inside = road.passage()
    assert (inside.status, inside.reason) == (Status.DROPPED_OUT, reason)
    assert inside.last_message is not None and inside.last_message.status == "withdrawn"
    assert [type(fact) for fact in road.facts[-2:]] == [MessageSettled, ParticipantLeft]
    assert (road.last.verdict, road.last.reason) == ("dropped_out", reason)
    assert [entry.did for entry in road.last.entries] == ["withdrawn", "dropped_out"]


async def test_a_mail_withdrawn_with_its_flow_drops_nobody_out():
    road = await mailed(state="withdrawn", reason="flow_ended")

    assert road.passage().active


async def test_whoever_left_before_the_mail_was_withdrawn_keeps_the_status():
    road = MemoryRoad(a_flow().mail("hello").open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    await road.settle("1", state="withdrawn", reason=DropOut.NO_CONSENT)

    assert (road.passage().status, road.passage().reason) == (Status.FINISHED, None)


async def test_the_end_of_an_older_mail_does_not_hide_the_newer():
    road = MemoryRoad(a_flow().mail("hello").mail("again").wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    older, newer = road.effects.rows.values()

    await road.settle("1", effect=older.id, content="hello", state="failed", reason="550 no")

    last = road.passage().last_message
    assert last is not None and (last.effect, last.status) == (newer.id, "planned")
    assert isinstance(road.facts[-1], MessageSettled)


async def test_bounces_and_deliveries_are_counted_for_the_address():
    road = await mailed(state="failed", address="a@example.org", bounced=True, permanent=True)
    await road.settle("1", state="failed", address="a@example.org", bounced=True)
    await road.settle("1", state="failed", address="a@example.org", reason="554 content refused")
    await road.settle("1", state="done", address="a@example.org")

    assert road.addresses.bounces == [("a@example.org", True), ("a@example.org", False)]
    assert road.addresses.reached == {"a@example.org"}


@pytest.mark.parametrize("gone", [False, True])
async def test_a_message_that_waits_for_its_window_is_told_and_moves_nobody(gone):
    road = MemoryRoad(a_flow().mail("hello").wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    effect = next(iter(road.effects.rows.values()))
    before, earlier = road.passage(), len(road.decisions.rows)
    if gone:
        road.participants.rows.clear()
    told = waits(effect, START, START)

    await road.execute(told)

    if gone:
        assert len(road.decisions.rows) == earlier
        return
    assert road.passage() == before
    headline, line = in_words(road.decisions.rows[-1])
    assert headline.endswith("news of a message")
    assert line.endswith(
        "mail 'hello' of step hello waits for the sending window to open until 2026-03-02 12:00:00"
    )
    assert not [fact for fact in road.facts if isinstance(fact, MessageSettled)]


async def test_the_outcome_for_a_participant_that_is_gone_still_counts_for_the_address():
    road = MemoryRoad(a_flow().mail("hello").wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    effect = next(iter(road.effects.rows.values()))
    road.participants.rows.clear()
    told = road.record(
        "headrace.effect.settled", effect=effect.id, participant=effect.participant, flow="test", run=1,
        version=1, step="hello", channel="email", content="hello", state="failed", address="a@example.org",
        bounced=True, permanent=True,
    )  # fmt: skip

    await road.execute(told)

    assert road.addresses.bounces == [("a@example.org", True)]


def removal(road: MemoryRoad, contact: str = "1"):
    return road.record(
        PARTICIPANT_REMOVED, contact, participant=road.passage("1").id, flow="test", by="key x"
    )


async def test_whoever_is_removed_by_hand_is_gone_and_counted_back():
    road = MemoryRoad(a_flow().succeeding_by(CLICK, move_to_finish=False).wait("rest", days=1).open())
    road.knows(a_contact())
    await road.happens(ORDER_PLACED)
    await road.happens("link.clicked", link="offer")
    road.after(days=1)
    await road.fire()
    gone = road.passage()

    await road.send(removal(road))

    assert not road.participants.rows
    assert road.facts[-1] == ParticipantRemoved(
        flow="test", run=1, version=1, participant=gone.id, status=Status.FINISHED_WITH_SUCCESS,
        enrolled_at=gone.enrolled_at, left_at=gone.left_at,
    )  # fmt: skip
    assert road.last.verdict == "removed"


async def test_mail_withdrawn_since_its_passage_was_removed_is_counted_and_explained():
    road = MemoryRoad(a_flow().mail("hello").wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    effect = next(iter(road.effects.rows.values()))
    await road.send(removal(road))

    await road.execute(
        road.record(
            "headrace.effect.settled", effect=effect.id, participant=effect.participant, flow="test", run=1,
            version=1, step="hello", channel="email", content="hello", state="withdrawn",
            reason="passage_removed", text="the participant had been removed before it was sent",
        )
    )  # fmt: skip

    fact = road.facts[-1]
    assert isinstance(fact, MessageSettled)
    assert (fact.state, fact.reason, fact.participant) == ("withdrawn", "passage_removed", effect.participant)
    assert "withdrawn before it was sent (the participant had been removed" in road.words


async def test_a_removal_that_names_another_contact_removes_nobody():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact(), a_contact("2"))
    await road.happens(ORDER_PLACED)

    await road.send(removal(road, contact="2"))

    assert road.passage().active


async def test_removing_twice_in_one_batch_counts_once():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    await road.send(removal(road), removal(road))

    assert len([fact for fact in road.facts if isinstance(fact, ParticipantRemoved)]) == 1


async def test_once_only_does_not_stand_in_the_way_of_those_removed_by_hand():
    for together in (True, False):
        road = MemoryRoad(a_flow().triggered_by(MANUAL).once_only().add_to("done").open())
        road.knows(a_contact())
        await road.suggest()
        erase = removal(road)
        if together:
            again = road.record("headrace.enrolment.suggested", flow="test")
            await road.send(erase, again)
        else:
            await road.send(erase)
            await road.suggest()
        assert road.passage().status is Status.FINISHED
        assert road.refusals() == []


async def test_a_passage_before_the_one_removed_still_stands_in_the_way():
    repeated = a_flow().triggered_by(MANUAL).add_to("done")
    road = MemoryRoad(repeated.open()).knows(a_contact())
    await road.suggest()
    earlier = road.passage()
    road.after(days=1)
    await road.suggest()
    road.open(repeated.once_only().open(version=2))
    newest = road.passages()[-1]

    erase = road.record(PARTICIPANT_REMOVED, participant=newest.id, flow="test", by="key x")
    await road.send(erase, road.record("headrace.enrolment.suggested", flow="test"))

    assert [p.id for p in road.passages()] == [earlier.id]
    assert road.refusals() == [Refusal.ONCE_ONLY]


async def test_someone_removed_while_active_can_be_enrolled_in_the_same_batch():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)
    first = road.passage().id

    await road.send(removal(road), road.record(ORDER_PLACED))

    assert road.passage().id != first


async def test_what_a_form_or_a_link_wants_done_goes_down_the_road_and_is_planned_by_no_flow():
    road = MemoryRoad(a_flow().wait("rest", days=1).open()).knows(a_contact())
    act = {"kind": "create_request", "title": "Call"}

    for _ in range(2):
        await road.happens(ACT_WANTED, act=act, link="offer")

    first, second = road.effects.rows.values()
    assert (first.channel, first.flow, first.settings, first.contact) == ("crm", "", act, "1")
    assert first.id != second.id
    assert road.participants.rows == {}
