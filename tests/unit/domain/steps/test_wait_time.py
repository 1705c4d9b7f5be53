from datetime import timedelta

import pytest
from pydantic import ValidationError

from tests.support.flows import START, a_flow
from tests.support.passages import Passage


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ({"hours": 36}, timedelta(hours=36)),
        ({"days": 30}, timedelta(days=30)),
        ({"until": START + timedelta(minutes=1)}, timedelta(minutes=1)),
    ],
)
def test_a_wait_ends_so_much_later(length, expected):
    participant = Passage(a_flow().wait("w", **length).open()).begin().participant

    assert (participant.step, participant.since) == ("w", START)
    assert participant.until == participant.due == START + expected


def test_a_wait_counts_from_the_time_at_which_it_was_reached():
    passage = Passage(a_flow().wait("one", days=1).wait("two", days=1).open()).begin()
    passage.after(days=3).fire()

    assert passage.participant.step == "two"
    assert passage.participant.due == START + timedelta(days=4)


def test_until_a_date_in_the_past_goes_on_at_once():
    passage = Passage(a_flow().wait(until=START - timedelta(days=1)).wait("next", days=1).open()).begin()

    assert passage.participant.step == "next"
    assert passage.entries[0].why["passed"] is True


def test_until_this_very_moment_goes_on_at_once():
    assert Passage(a_flow().wait(until=START).wait("next", days=1).open()).begin().participant.step == "next"


@pytest.mark.parametrize(
    ("length", "fields"),
    [({}, ["days"]), ({"hours": 1, "days": 1}, ["days"]), ({"hours": 5}, []), ({"days": 1}, [])],
)
def test_exactly_one_length_is_given(length, fields):
    (step,) = a_flow().wait(**length).build().steps

    assert [field for field, _ in step.problems()] == fields


@pytest.mark.parametrize(
    "length", [{"hours": 0}, {"days": -1}, {"days": 36600}, {"until": "2026-01-01T00:00"}]
)
def test_lengths_that_make_no_sense_are_refused(length):
    with pytest.raises(ValidationError):
        a_flow().wait(**length).build()
