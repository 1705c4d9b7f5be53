from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.steps.split_at_random import HUNDREDTHS, lot
from tests.support.flows import a_flow, a_participant
from tests.support.passages import Passage

A, B = {"name": "a", "percent": 50}, {"name": "b", "percent": 12.5}


def taken(participant: str, *branches, step_id="split") -> str:
    flow = a_flow().split_by("split_at_random", *branches, step_id=step_id).open()
    passage = Passage(flow)
    passage.participant = a_participant(flow, id=participant)
    (content,) = passage.begin().contents
    return content


def test_branches_get_about_their_percentages():
    drawn = Counter(taken(f"p{number}", A, B) for number in range(2000))

    assert 900 < drawn["a"] < 1100
    assert 180 < drawn["b"] < 320
    assert 650 < drawn["rest"] < 850


@given(st.text(max_size=40))
def test_a_participant_always_takes_the_same_branch(participant):
    assert taken(participant, A, B) == taken(participant, A, B)


def test_two_splits_draw_apart():
    drawn = {(taken(f"p{n}", A, step_id="one"), taken(f"p{n}", A, step_id="two")) for n in range(50)}

    assert len(drawn) == 4


@given(st.text(max_size=40), st.text(max_size=10))
def test_a_lot_lies_within_bounds(participant, step):
    assert 0 <= lot(participant, step) < HUNDREDTHS


def test_nobody_is_left_where_the_percentages_come_to_a_hundred():
    halves = ({"name": "a", "percent": 50}, {"name": "b", "percent": 50})

    assert {taken(f"p{number}", *halves) for number in range(60)} == {"a", "b"}


def test_more_than_a_hundred_is_a_problem():
    (step,) = a_flow().split_by("split_at_random", A, {"name": "b", "percent": 50.5}).build().steps

    assert [message for _, message in step.problems()] == ["the percentages come to 100.5, more than 100"]


@pytest.mark.parametrize("percent", [-1, 100.5, "half"])
def test_percentages_that_make_no_sense_are_refused(percent):
    with pytest.raises(ValueError, match="percent"):
        a_flow().split_by("split_at_random", {"name": "a", "percent": percent}).build()
