"""Which days are answered."""

from datetime import date, timedelta

import pytest

from common.ports import FlowTallies
from common.runtime.problems import Invalid
from services.reporting.flow_reports import Days, days_asked, report

TODAY = date(1998, 6, 30)


def test_the_last_90_days_unless_told_otherwise() -> None:
    days = days_asked(None, None, TODAY)
    assert (days.last, len(days.all())) == (TODAY, 90)


def test_the_first_day_alone_reaches_until_today() -> None:
    assert days_asked(date(1998, 6, 1), None, TODAY) == Days(date(1998, 6, 1), TODAY)


def test_the_last_day_alone_looks_back_90_days() -> None:
    assert days_asked(None, date(1997, 12, 31), TODAY) == Days(date(1997, 10, 3), date(1997, 12, 31))


def test_a_first_day_in_the_future_is_a_day_by_itself() -> None:
    ahead = TODAY + timedelta(days=3)
    assert days_asked(ahead, None, TODAY) == Days(ahead, ahead)


def test_a_thousand_days_are_answered_and_one_more_is_refused() -> None:
    assert len(days_asked(TODAY - timedelta(days=999), TODAY, TODAY).all()) == 1000
    with pytest.raises(Invalid):
        days_asked(TODAY - timedelta(days=1000), TODAY, TODAY)


def test_days_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(Invalid):
        days_asked(TODAY, TODAY - timedelta(days=1), TODAY)


def test_the_first_days_of_the_calendar_do_not_fall_off_it() -> None:
    assert days_asked(None, date.min, TODAY) == Days(date.min, date.min)


def test_days_without_counts_are_rows_of_zeros() -> None:
    days = Days(TODAY - timedelta(days=2), TODAY)
    tallies = FlowTallies({"enrolled": 4}, {TODAY - timedelta(days=1): {"enrolled": 4}}, {})
    rows = report("winback", None, days, tallies).over_time
    assert [(row.day.day, row.enrolled) for row in rows] == [(28, 0), (29, 4), (30, 0)]
