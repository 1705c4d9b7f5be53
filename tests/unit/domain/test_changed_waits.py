"""Whoever stands on a wait that is changed in a pause waits anew, from when they came (domain.md §14)."""

from datetime import timedelta

import pytest

from common.domain.reasons import DropOut
from tests.support.flows import CLICK, CLICK_SLOT, FORM, FORM_SLOT, START, a_flow
from tests.support.passages import Passage


def waiting(flow):
    return Passage(flow.open()).begin()


def test_a_longer_wait_counts_from_when_it_was_reached():
    passage = (
        waiting(a_flow().wait("w", days=2)).after(days=1).pause().edited(a_flow().wait("w", days=5).build())
    )

    assert (passage.participant.since, passage.participant.due) == (START, START + timedelta(days=5))
    assert passage.participant.version == 2


def test_a_shorter_wait_that_would_be_over_is_over():
    passage = waiting(a_flow().wait("w", days=9)).after(days=3).pause()
    passage.edited(a_flow().wait("w", days=2).wait("next", days=1).build())

    assert (passage.participant.step, passage.participant.since) == ("next", START + timedelta(days=3))
    assert passage.did[-3:] == ["waits", "went_on", "waits"]


def test_a_wait_that_fell_due_in_the_pause_may_become_longer():
    passage = waiting(a_flow().wait("w", days=1)).pause().fire()
    assert passage.participant.held
    passage.after(days=1).edited(a_flow().wait("w", days=7).build())

    assert (passage.participant.held, passage.participant.due) == (False, START + timedelta(days=7))


def test_a_timer_that_comes_before_the_news_of_the_resume_waits_by_the_new_version():
    passage = waiting(a_flow().wait("w", days=1)).pause().reopened(a_flow().wait("w", days=7).build()).fire()

    assert (passage.participant.step, passage.participant.due) == ("w", START + timedelta(days=7))


def test_a_wait_until_a_moment_that_had_passed_already_is_over():
    passage = waiting(a_flow().wait("w", days=9)).after(days=1).pause()
    passage.edited(a_flow().wait("w", until=START - timedelta(days=1)).wait("next", days=1).build())

    assert passage.participant.step == "next"


def test_an_unchanged_wait_is_left_alone():
    passage = waiting(a_flow().wait("w", days=9)).after(days=1).pause()
    before = passage.participant
    passage.edited(a_flow().wait("w", days=9).wait("more", days=1).build())

    assert passage.participant == before


def test_two_changes_one_after_the_other_count_the_last():
    passage = waiting(a_flow().wait("w", days=2)).pause().reopened(a_flow().wait("w", days=5).build()).pause()
    passage.edited(a_flow().wait("w", days=2).build())

    assert passage.participant.due == START + timedelta(days=2)


def test_an_action_that_is_waited_for_now_counts_if_it_came_before():
    passage = waiting(a_flow().wait_for(CLICK, FORM, step_id="w", max_wait={"days": 9}))
    passage.participant = passage.participant.but(step="w")
    flow = a_flow().wait_for(FORM, step_id="w", max_wait=None).wait("next", days=1).wait_for(CLICK)
    passage.pause().after(days=1).hear(FORM_SLOT).after(days=1).edited(flow.build())

    assert passage.participant.step == "next"


@pytest.mark.parametrize(("days", "left"), [(1, DropOut.WAIT_TIMEOUT), (9, None)])
def test_an_action_counts_only_if_it_came_before_the_end_of_the_new_wait(days, left):
    passage = waiting(a_flow().wait_for(CLICK, step_id="w", max_wait={"days": 20})).pause()
    flow = (
        a_flow().wait_for(CLICK, step_id="w", max_wait={"days": days}, on_timeout="exit").wait("next", days=1)
    )
    passage.after(days=3).hear(CLICK_SLOT).after(days=1).edited(flow.build())

    assert passage.participant.reason is left


def test_who_stands_on_a_step_that_was_moved_goes_on_from_there():
    passage = waiting(a_flow().wait("w", days=2).mail("hello").wait("v", days=1)).pause()
    passage.edited(a_flow().wait("v", days=1).wait("w", days=2).wait("u", days=1).build()).fire()

    assert (passage.participant.step, passage.contents) == ("u", [])


@pytest.mark.parametrize(("days", "step"), [(5, "start"), (1, "w"), (None, "w")])
def test_whoever_waits_for_a_start_that_is_put_off_or_brought_forward_waits_for_that(days, step):
    starts = None if days is None else START + timedelta(days=days)
    passage = waiting(a_flow().having(starts_at=START + timedelta(days=3)).wait("w", days=9))
    passage.pause().after(days=2).edited(a_flow().having(starts_at=starts).wait("w", days=9).build())

    assert passage.participant.step == step
    assert passage.participant.due == (starts if step == "start" else passage.now + timedelta(days=9))
