"""Who gets in: the order of the questions, and what the event that enrols, or ends a passage, may not do."""

from common.domain.event import CONTACT_UPDATED, ORDER_PLACED
from common.domain.reasons import Refusal, Status
from common.messages.happened import ParticipantEnrolled, ParticipantLeft, StepPassed, SuggestionRefused
from tests.support.flows import CLICK, FORM, IS_CUSTOMER, a_contact, a_flow, country_is
from tests.unit.services.memory_road import MemoryRoad

ORDER = {"kind": "order_placed"}


def resting(**changes):
    """Orders start it, and everyone waits in it for a week."""
    return a_flow().wait("rest", days=7).open(**changes)


async def test_a_suggested_contact_is_let_in_and_taken_to_the_first_wait():
    road = MemoryRoad(resting()).knows(a_contact())

    record = await road.happens(ORDER_PLACED, amount=20)

    inside = road.passage()
    assert (inside.status, inside.step, inside.cause) == (Status.ACTIVE, "rest", record.id)
    assert inside.enrolled_at == inside.since == road.now
    assert [type(fact) for fact in road.facts] == [ParticipantEnrolled, StepPassed]
    assert (road.last.verdict, road.last.record, road.last.by) == ("enrolled", record.id, ORDER_PLACED)
    assert [entry.did for entry in road.last.entries] == ["waits"]


async def test_a_flow_that_is_closed_or_in_another_run_takes_nobody():
    road = MemoryRoad(resting()).knows(a_contact())
    (closed,) = await road.found(road.record(ORDER_PLACED))
    (restarted,) = await road.found(road.record(ORDER_PLACED))

    road.close()
    await road.execute(closed)
    road.open(resting(run=2, version=2))
    await road.execute(restarted)

    assert road.refusals() == [Refusal.FLOW_CLOSED, Refusal.FLOW_CLOSED]
    assert not road.participants.rows


async def test_a_new_version_in_the_same_run_takes_those_suggested_under_the_old_one():
    road = MemoryRoad(resting()).knows(a_contact())
    (record,) = await road.found(road.record(ORDER_PLACED))

    road.open(resting(version=2))
    await road.execute(record)

    assert road.passage().version == 2


async def test_nobody_is_in_a_flow_twice_at_a_time():
    road = MemoryRoad(resting()).knows(a_contact())

    await road.happens(ORDER_PLACED)
    await road.happens(ORDER_PLACED)

    assert road.refusals() == [Refusal.ALREADY_IN_FLOW]
    assert road.facts[-1] == SuggestionRefused(flow="test", run=1, version=1, reason=Refusal.ALREADY_IN_FLOW)


async def test_two_events_of_one_batch_see_one_another():
    road = MemoryRoad(resting()).knows(a_contact())

    await road.send(road.record(ORDER_PLACED), road.record(ORDER_PLACED))

    assert road.refusals() == [Refusal.ALREADY_IN_FLOW]
    assert len(road.passages()) == 1


async def test_whoever_left_may_come_again_unless_once_is_enough():
    for document, passages, refused in (
        (a_flow().add_to("done"), 2, []),
        (a_flow().add_to("done").once_only(), 1, [Refusal.ONCE_ONLY]),
    ):
        road = MemoryRoad(document.open()).knows(a_contact())
        await road.happens(ORDER_PLACED)
        await road.happens(ORDER_PLACED)
        assert len(road.passages()) == passages
        assert road.refusals() == refused


async def test_once_only_is_asked_within_a_batch_too():
    road = MemoryRoad(a_flow().add_to("done").once_only().open()).knows(a_contact())

    await road.send(road.record(ORDER_PLACED), road.record(ORDER_PLACED))

    assert road.refusals() == [Refusal.ONCE_ONLY]


async def test_the_reasons_come_in_their_order():
    """Each suggestion is refused for the first of all the reasons that still apply."""
    document = (
        a_flow().wait("rest", days=7).once_only().filtered(*country_is("SE")).excluding("staff", "press")
    )
    road = MemoryRoad(document.open()).knows(a_contact(country="SE"))
    await road.happens(ORDER_PLACED)
    road.contacts.rows["1"] = road.contacts.rows["1"].but(country="DE", selections=["press"])

    (looped, closed, inside, once) = await road.found(*(road.record(ORDER_PLACED) for _ in range(4)))
    flow = road.flows["test"]
    road.close()
    await road.execute(looped.but(depth=10))
    await road.execute(closed)
    road.open(flow)
    await road.execute(inside)
    road.after(days=8)
    await road.fire()
    await road.execute(once)
    road.participants.rows.clear()
    await road.happens(ORDER_PLACED)
    road.contacts.rows["1"] = road.contacts.rows["1"].but(country="SE")
    await road.happens(ORDER_PLACED)
    road.contacts.rows["1"] = road.contacts.rows["1"].but(selections=[])
    await road.happens(ORDER_PLACED)

    assert road.refusals() == [
        Refusal.LOOP,
        Refusal.FLOW_CLOSED,
        Refusal.ALREADY_IN_FLOW,
        Refusal.ONCE_ONLY,
        Refusal.FILTER,
        Refusal.EXCLUSION_LIST,
    ]
    assert road.last.verdict == "enrolled"


async def test_refusals_are_kept_with_the_values_that_decided_them():
    document = a_flow().wait("rest", days=7).filtered(*country_is("SE")).excluding("staff")
    road = MemoryRoad(document.open())
    road.knows(a_contact("1", country="US"), a_contact("2", country="SE", selections=["staff"]))

    await road.happens(ORDER_PLACED, "1")
    filtered = road.last
    await road.happens(ORDER_PLACED, "2")
    excluded = road.last

    assert [(row.field, row.value, row.holds) for row in filtered.seen] == [("contact.country", "US", False)]
    assert [(row.field, row.value, row.holds) for row in excluded.seen] == [
        ("contact.selections", "staff", False)
    ]
    assert filtered.participant is None and excluded.participant is None


async def test_admission_is_kept_with_trigger_and_filter():
    trigger = ORDER | {"conditions": [{"type": "number", "field": "event.amount", "op": "ge", "value": 20}]}
    document = a_flow().triggered_by(trigger).filtered(*country_is("DE")).wait("rest", days=7)
    road = MemoryRoad(document.open()).knows(a_contact())

    await road.happens(ORDER_PLACED, amount=25)

    assert [(row.field, row.value) for row in road.last.seen] == [
        ("event.amount", 25),
        ("contact.country", "DE"),
    ]


async def test_the_event_that_enrols_is_no_success():
    road = MemoryRoad(a_flow().succeeding_by(ORDER).wait("rest", days=7).open()).knows(a_contact())

    await road.happens(ORDER_PLACED)
    assert road.passage().succeeded_at is None

    await road.happens(ORDER_PLACED)
    assert road.passage().status is Status.FINISHED_WITH_SUCCESS


async def test_the_event_that_enrols_does_not_end_the_first_wait_either():
    document = a_flow().triggered_by(CLICK).wait_for(CLICK, step_id="click").wait("rest", days=7)
    road = MemoryRoad(document.open()).knows(a_contact())

    await road.happens("link.clicked", link="offer")
    assert road.passage().step == "click"

    await road.happens("link.clicked", link="offer")
    assert road.passage().step == "rest"


async def test_an_event_that_ends_a_passage_starts_no_other_in_that_flow():
    document = a_flow().succeeding_by(ORDER).wait("rest", days=7)
    road = MemoryRoad(document.open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    await road.happens(ORDER_PLACED)

    assert [p.status for p in road.passages()] == [Status.FINISHED_WITH_SUCCESS]
    assert road.refusals() == [Refusal.ALREADY_IN_FLOW]

    await road.happens(ORDER_PLACED)
    assert [p.status for p in road.passages()] == [Status.FINISHED_WITH_SUCCESS, Status.ACTIVE]


async def test_it_does_start_one_in_another_flow():
    ending = a_flow().triggered_by({"kind": "manual"}).succeeding_by(ORDER).wait("rest", days=7)
    road = MemoryRoad(ending.open(flow_id="ending"), resting()).knows(a_contact())
    await road.suggest(flow_id="ending")

    await road.happens(ORDER_PLACED)

    assert road.passage(flow_id="ending").status is Status.FINISHED_WITH_SUCCESS
    assert road.passage(flow_id="test").status is Status.ACTIVE


async def test_a_passage_that_a_timer_ended_is_over_before_the_event_of_the_same_instant():
    road = MemoryRoad(a_flow().wait("rest", days=7).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    road.after(days=7)
    await road.happens(ORDER_PLACED)

    assert [p.status for p in road.passages()] == [Status.FINISHED, Status.ACTIVE]
    assert road.refusals() == []
    kinds = [type(fact) for fact in road.facts]
    kinds = [kind for kind in kinds if kind in (ParticipantEnrolled, ParticipantLeft)]
    assert kinds == [ParticipantEnrolled, ParticipantLeft, ParticipantEnrolled]


async def test_success_before_the_timer_of_a_later_instant_counts():
    road = MemoryRoad(a_flow().succeeding_by(ORDER).wait("rest", days=7).open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    road.after(days=6, hours=23)
    await road.happens(ORDER_PLACED)

    assert road.passage().status is Status.FINISHED_WITH_SUCCESS


async def test_all_waits_that_are_over_come_before_the_event_each_in_its_turn():
    document = a_flow().wait("first", days=1).wait("second", days=1).wait("third", days=9)
    road = MemoryRoad(document.open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    road.after(days=5)
    await road.happens(ORDER_PLACED)

    assert road.passage().step == "second"
    assert road.refusals() == [Refusal.ALREADY_IN_FLOW]


async def test_one_event_may_start_several_flows():
    road = MemoryRoad(
        resting(flow_id="one"),
        a_flow().filtered(*country_is("SE")).wait("rest", days=7).open(flow_id="two"),
        resting(flow_id="three"),
    ).knows(a_contact())

    await road.happens(ORDER_PLACED)

    assert {p.flow for p in road.passages()} == {"one", "three"}
    assert {row.flow: row.verdict.value for row in road.decisions.rows} == {
        "one": "enrolled",
        "two": "refused",
        "three": "enrolled",
    }


async def test_a_state_that_is_met_at_enrolment_counts_and_the_contact_is_enrolled_all_the_same():
    for move, status in ((True, Status.FINISHED_WITH_SUCCESS), (False, Status.ACTIVE)):
        document = a_flow().succeeding_by(IS_CUSTOMER, move_to_finish=move).wait("rest", days=7)
        road = MemoryRoad(document.open()).knows(a_contact(category="Customer"))

        await road.happens(ORDER_PLACED)

        assert road.passage().status is status
        assert road.passage().succeeded_at == road.now
        assert "It was 'Customer': yes" in road.words


async def test_a_state_that_comes_to_be_met_counts():
    document = a_flow().succeeding_by(IS_CUSTOMER).wait("rest", days=7)
    road = MemoryRoad(document.open()).knows(a_contact(category="Lead"))
    await road.happens(ORDER_PLACED)
    assert road.passage().succeeded_at is None

    await road.happens(CONTACT_UPDATED, category="Customer")

    assert road.passage().status is Status.FINISHED_WITH_SUCCESS


async def test_success_after_leaving_does_not_count():
    document = a_flow().succeeding_by(FORM).add_to("done")
    road = MemoryRoad(document.open()).knows(a_contact())
    await road.happens(ORDER_PLACED)

    await road.happens("form.submitted", form="rsvp")

    assert road.passage().status is Status.FINISHED


async def test_people_enrolled_in_a_paused_flow_wait_before_the_first_step():
    road = MemoryRoad(resting()).knows(a_contact()).pause()

    await road.happens(ORDER_PLACED)
    assert (road.passage().step, road.passage().held) == ("start", True)

    await road.resume()
    assert (road.passage().step, road.passage().held) == ("rest", False)
