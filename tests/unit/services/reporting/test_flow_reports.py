"""What is answered for which hours, days, weeks and months."""

from datetime import UTC, date, datetime, timedelta

import pytest

from common.domain.rollups import Grain
from common.runtime.problems import Invalid
from services.reporting.buckets import Buckets, By, buckets_asked

NOW = datetime(1998, 6, 30, 12, tzinfo=UTC)
TODAY = NOW.date()


def days(first: date | None, last: date | None, by: By = By.DAY, zone: str = "UTC") -> Buckets:
    return buckets_asked(first, last, by, zone, NOW)


def test_the_last_90_days_unless_told_otherwise():
    found = days(None, None)
    assert (found.last_day, len(found.rows({}))) == (TODAY, 90)


def test_the_first_day_alone_reaches_until_today():
    assert days(date(1998, 6, 1), None).last_day == TODAY


def test_the_last_day_alone_looks_back_90_days():
    assert days(None, date(1997, 12, 31)).first_day == date(1997, 10, 3)


def test_a_first_day_in_the_future_is_a_day_by_itself():
    ahead = TODAY + timedelta(days=3)
    assert (days(ahead, ahead).first_day, len(days(ahead, None).rows({}))) == (ahead, 1)


def test_today_is_the_flows():
    assert days(None, None, zone="Pacific/Kiritimati").last_day == date(1998, 7, 1)


@pytest.mark.parametrize(("by", "most"), [(By.DAY, 366), (By.WEEK, 366), (By.HOUR, 14), (By.MONTH, 3660)])
def test_so_many_days_are_answered_and_one_more_is_refused(by: By, most: int):
    assert days(TODAY - timedelta(days=most - 1), TODAY, by).last_day == TODAY
    with pytest.raises(Invalid):
        days(TODAY - timedelta(days=most), TODAY, by)


@pytest.mark.parametrize(
    ("first", "last"),
    [(TODAY, TODAY - timedelta(days=1)), (date.min, None), (None, date.max), (None, date.min)],
)
def test_days_that_end_before_they_begin_or_fall_off_the_calendar_are_refused(first: date, last: date):
    with pytest.raises(Invalid):
        days(first, last)


def test_a_day_of_the_changed_clock_has_23_hours_or_25():
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    lengths = [len(days(day, day, By.HOUR, "Europe/Berlin").rows({})) for day in (spring, autumn)]
    assert lengths == [23, 25]


def test_hours_are_those_of_the_flows_clock():
    found = days(TODAY, TODAY, By.HOUR, "Asia/Kolkata")
    rows = found.rows({(datetime(1998, 6, 29, 18, 30, tzinfo=UTC),): {"enrolled": 4}})
    assert (found.grain, len(rows)) == (Grain.HOUR, 24)
    assert (rows[0][0].start, rows[0][1]) == (datetime(1998, 6, 29, 18, 30, tzinfo=UTC), {"enrolled": 4})
    assert {bucket.day for bucket, _ in rows} == {TODAY}


def test_weeks_begin_on_monday_and_months_on_the_first():
    counted = {(datetime(1998, 6, day, tzinfo=UTC),): {"enrolled": day} for day in (7, 8, 9)}
    weeks = days(date(1998, 6, 7), date(1998, 6, 9), By.WEEK, "Europe/Berlin").rows(counted)
    assert [(bucket.day, tally["enrolled"]) for bucket, tally in weeks] == [
        (date(1998, 6, 1), 7),
        (date(1998, 6, 8), 17),
    ]
    months = days(date(1998, 5, 31), TODAY, By.MONTH, "Europe/Berlin").rows(counted)
    assert [bucket.day for bucket, _ in months] == [date(1998, 5, 1), date(1998, 6, 1)]
    assert (months[1][1], months[1][0].start) == ({"enrolled": 24}, datetime(1998, 5, 31, 22, tzinfo=UTC))


def test_months_are_whole_and_read_from_rows_of_months():
    asked = days(date(1997, 12, 31), TODAY, By.MONTH)
    assert (asked.grain, asked.first) == (Grain.MONTH, datetime(1997, 12, 1, tzinfo=UTC))
    rows = asked.rows({(datetime(1997, 12, 1, tzinfo=UTC),): {"enrolled": 31}})
    assert [tally for _, tally in rows] == [{"enrolled": 31}, *([{}] * 6)]
