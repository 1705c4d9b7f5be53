from datetime import timedelta

import pytest

from common.domain.reasons import DropOut, Status
from tests.support.flows import CLICK, CLICK_SLOT, FORM, FORM_SLOT, START, a_flow
from tests.support.passages import Passage


def test_it_waits_seven_days_unless_told_otherwise():
    assert Passage(a_flow().wait_for(CLICK).open()).begin().participant.due == START + timedelta(days=7)


@pytest.mark.parametrize(
    ("max_wait", "length"),
    [
        ({"hours": 5}, timedelta(hours=5)),
        ({"days": 2}, timedelta(days=2)),
        ({"weeks": 3}, timedelta(days=21)),
    ],
)
def test_the_longest_wait_can_be_set(max_wait, length):
    passage = Passage(a_flow().wait_for(CLICK, max_wait=max_wait).open()).begin()

    assert passage.participant.due == START + length


def test_it_can_wait_without_end():
    passage = Passage(a_flow().wait_for(CLICK, max_wait=None).open()).begin()

    assert passage.participant.active
    assert (passage.participant.until, passage.participant.due) == (None, None)


def test_the_first_of_several_actions_moves_on():
    passage = Passage(a_flow().wait_for(CLICK, FORM).wait("next", days=1).open()).begin()
    passage.after(days=2).hear(FORM_SLOT, record="form-record")

    assert passage.participant.step == "next"
    (moved,) = [entry for entry in passage.entries if entry.did == "went_on"]
    assert (moved.why["action"], moved.why["record"]) == (FORM_SLOT, "form-record")


def test_another_action_is_kept_and_moves_nobody():
    passage = Passage(a_flow().wait_for(CLICK, step_id="w").wait_for(FORM).open()).begin()
    passage.after(days=1).hear(FORM_SLOT)

    assert passage.participant.step == "w"
    assert FORM_SLOT in passage.participant.slots


def test_an_action_done_since_enrolment_passes_at_once():
    passage = Passage(a_flow().wait(days=1).wait_for(CLICK).wait("next", days=1).open()).begin()
    passage.after(hours=3).hear(CLICK_SLOT).fire()

    assert passage.participant.step == "next"


def test_of_several_actions_done_before_the_first_is_told():
    passage = Passage(a_flow().wait(days=1).wait_for(CLICK, FORM).open()).begin()
    passage.after(hours=1).hear(FORM_SLOT).after(hours=1).hear(CLICK_SLOT).fire()

    assert passage.entries[-2].why["action"] == FORM_SLOT


def test_when_the_time_runs_out_they_go_on_if_nothing_else_is_said():
    passage = Passage(a_flow().wait_for(CLICK).wait("next", days=1).open()).begin().fire()

    assert passage.participant.step == "next"


def test_when_the_time_runs_out_they_leave_where_that_is_set():
    exit_settings = {"suggest_for": "other", "add_to_selection": "quiet", "text": "did not click"}
    flow = a_flow().wait_for(CLICK, on_timeout="exit", exit=exit_settings).mail("never").open()
    passage = Passage(flow).begin().fire()

    participant = passage.participant
    assert (participant.status, participant.reason) == (Status.DROPPED_OUT, DropOut.WAIT_TIMEOUT)
    assert participant.reason_text == "did not click"
    assert passage.contact.selections == ["quiet"]
    assert [suggested.flow for suggested in passage.suggested] == ["other"]
    assert not passage.effects


def test_it_names_what_it_waits_for():
    (step,) = a_flow().wait_for(CLICK, FORM).build().steps

    assert [action.slot for action in step.listens_for()] == [CLICK_SLOT, FORM_SLOT]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"actions": []}, ["actions"]),
        ({"actions": [CLICK], "max_wait": {}}, ["max_wait"]),
        ({"actions": [CLICK], "max_wait": {"days": 1, "hours": 1}}, ["max_wait"]),
        ({"actions": [CLICK], "max_wait": None}, []),
    ],
)
def test_what_is_incomplete_is_told(fields, wrong):
    (step,) = a_flow().step("wait_for_action", **fields).build().steps

    assert [field for field, _ in step.problems()] == wrong
