from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.diary import LONGEST, first_free

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In Berlin, in the week of that Monday."""
    return datetime(2026, 3, 2 + day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("begins", "minutes", "busy", "free"),
    [
        (at(0, 10), 30, [], at(0, 10)),
        (at(0, 10, 1), 30, [], at(0, 10, 15)),
        (at(0, 3), 30, [], at(0, 9)),
        (at(0, 16, 45), 30, [], at(1, 9)),
        (at(4, 17), 30, [], at(7, 9)),
        (at(0, 10), 30, [(at(0, 9), at(0, 11))], at(0, 11)),
        (at(0, 10), 60, [(at(0, 11), at(0, 12)), (at(0, 12), at(0, 13))], at(0, 10)),
        (at(0, 10), 90, [(at(0, 11), at(0, 12)), (at(0, 12, 30), at(0, 13))], at(0, 13)),
        (at(0, 10), 480, [(at(0, 9), at(0, 9, 15))], at(1, 9)),
    ],
)
def test_the_first_gap_in_working_hours_is_found(begins, minutes, busy, free):
    assert first_free(begins, minutes, busy, BERLIN) == free


SPANS = st.tuples(st.integers(0, 20_000), st.integers(5, 600)).map(
    lambda span: (MONDAY + timedelta(minutes=span[0]), MONDAY + timedelta(minutes=sum(span)))
)


@given(st.integers(0, 10_000), st.integers(5, LONGEST), st.lists(SPANS, max_size=20))
def test_nothing_is_in_the_way_then_and_it_is_within_working_hours(begin, minutes, busy):
    begins = MONDAY + timedelta(minutes=begin)
    start = first_free(begins, minutes, busy, BERLIN)
    end = start + timedelta(minutes=minutes)
    assert start >= begins
    assert all(went <= start or came >= end for came, went in busy)
    local, closes = start.astimezone(BERLIN), end.astimezone(BERLIN)
    assert local.weekday() < 5 and local.hour >= 9 and (closes.hour, closes.minute) <= (17, 0)
