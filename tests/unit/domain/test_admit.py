import itertools
from datetime import timedelta

import pytest

from common.domain.admit import Candidate, Enrol, History, Refuse, Ruling, admit
from common.domain.conditions import Seen
from common.domain.event import LOOP_DEPTH
from common.domain.ids import participant_id
from common.domain.participant import QUEUE
from common.domain.reasons import FlowState, Refusal, Status
from tests.support.flows import START, a_flow

SEEN = (Seen(field="contact.country", op="one_of", expected=["DE"], value="US", holds=False),)


def candidate(**fields):
    usual = {"contact": "1", "partition": 3, "flow": "test", "run": 1, "cause": "record", "depth": 0}
    return Candidate(**(usual | fields))


def test_who_passes_stands_in_the_queue():
    flow = a_flow().open(version=4)
    result = admit(candidate(depth=2), flow, History(), Ruling(seen=SEEN), START)

    assert isinstance(result, Enrol)
    participant = result.participant
    assert participant.id == participant_id("1", "test", "record")
    assert (participant.step, participant.status, participant.version) == (QUEUE, Status.ACTIVE, 4)
    assert (participant.enrolled_at, participant.since, participant.depth) == (START, START, 2)
    assert (participant.partition, participant.run, participant.cause) == (3, 1, "record")
    assert result.seen == SEEN


def test_a_paused_flow_takes_participants():
    assert isinstance(
        admit(candidate(), a_flow().open(state=FlowState.PAUSED), History(), Ruling(), START), Enrol
    )


@pytest.mark.parametrize(
    ("history", "once_only", "reason"),
    [
        (History(inside=True), False, Refusal.ALREADY_IN_FLOW),
        (History(just_left=True, before=True), False, Refusal.ALREADY_IN_FLOW),
        (History(before=True), True, Refusal.ONCE_ONLY),
    ],
)
def test_who_was_here_may_be_refused(history, once_only, reason):
    flow = (a_flow().once_only() if once_only else a_flow()).open()

    assert admit(candidate(), flow, history, Ruling(), START) == Refuse(reason)


def test_who_left_may_come_again():
    assert isinstance(admit(candidate(), a_flow().open(), History(before=True), Ruling(), START), Enrol)


@pytest.mark.parametrize("reason", [Refusal.FILTER, Refusal.EXCLUSION_LIST])
def test_the_ruling_is_passed_on_with_what_was_seen(reason):
    assert admit(candidate(), a_flow().open(), History(), Ruling(reason, SEEN), START) == Refuse(reason, SEEN)


@pytest.mark.parametrize("run", [1, 3])
def test_a_suggestion_for_another_run_comes_too_late(run):
    result = admit(candidate(run=run), a_flow().open(run=2), History(), Ruling(), START)

    assert result == Refuse(Refusal.FLOW_CLOSED)


def test_the_tenth_event_raised_without_a_wait_is_a_loop():
    flow = a_flow().open()

    assert isinstance(admit(candidate(depth=LOOP_DEPTH - 1), flow, History(), Ruling(), START), Enrol)
    assert admit(candidate(depth=LOOP_DEPTH), flow, History(), Ruling(), START) == Refuse(Refusal.LOOP)


def test_of_several_reasons_the_first_in_the_order_is_told():
    """Every combination of obstacles, against the order of the vocabulary itself."""
    order = list(Refusal)
    for number in range(1, len(order) + 1):
        for obstacles in itertools.combinations(order, number):
            assert refused(set(obstacles)) is obstacles[0]


def the_flow(*, ended):
    return a_flow().once_only().having(enrols_until=START if ended else None).open()


@pytest.mark.parametrize(("later", "enrolled"), [(timedelta(seconds=-1), True), (timedelta(0), False)])
def test_enrolment_ends_at_its_time(later, enrolled):
    result = admit(candidate(), the_flow(ended=True), History(), Ruling(), START + later)

    assert isinstance(result, Enrol) is enrolled


def refused(obstacles):
    ruling = next(
        (reason for reason in (Refusal.FILTER, Refusal.EXCLUSION_LIST) if reason in obstacles), None
    )
    result = admit(
        candidate(depth=LOOP_DEPTH if Refusal.LOOP in obstacles else 0),
        None if Refusal.FLOW_CLOSED in obstacles else the_flow(ended=Refusal.ENROLMENT_ENDED in obstacles),
        History(inside=Refusal.ALREADY_IN_FLOW in obstacles, before=Refusal.ONCE_ONLY in obstacles),
        Ruling(ruling),
        START,
    )
    assert isinstance(result, Refuse)
    return result.reason
