from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.conditions import Asker
from common.domain.conditions.date import DateLine
from common.domain.conditions.periods import Days, Period, Unit, following, last, this
from tests.support import strategies

A_DAY = date(2026, 8, 19)
"""A Wednesday."""

calendar_days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
units = st.sampled_from(Unit)


@pytest.mark.parametrize(
    ("unit", "first", "end"),
    [
        (Unit.DAY, date(2026, 8, 19), date(2026, 8, 20)),
        (Unit.WEEK, date(2026, 8, 17), date(2026, 8, 24)),
        (Unit.MONTH, date(2026, 8, 1), date(2026, 9, 1)),
        (Unit.QUARTER, date(2026, 7, 1), date(2026, 10, 1)),
        (Unit.HALF_YEAR, date(2026, 7, 1), date(2027, 1, 1)),
        (Unit.YEAR, date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_this_unit(unit: Unit, first: date, end: date) -> None:
    assert this(unit, A_DAY) == Days(first, end)


def test_last_and_next_units_with_this_and_without() -> None:
    assert last(Period(count=2, unit=Unit.MONTH), A_DAY) == Days(date(2026, 6, 1), date(2026, 8, 1))
    joined = Period(count=2, unit=Unit.MONTH, with_this=True)
    assert last(joined, A_DAY) == Days(date(2026, 6, 1), date(2026, 9, 1))
    assert following(Period(count=1, unit=Unit.QUARTER), A_DAY) == Days(date(2026, 10, 1), date(2027, 1, 1))
    assert following(joined, A_DAY) == Days(date(2026, 8, 1), date(2026, 11, 1))


@given(calendar_days, units, st.integers(1, 30))
def test_the_past_this_and_the_future_follow_one_another(day: date, unit: Unit, count: int) -> None:
    period = Period(count=count, unit=unit)
    here = this(unit, day)
    assert here.first <= day < here.end
    assert last(period, day).end == here.first
    assert following(period, day).first == here.end


@given(units, st.integers(1, 1000), st.sampled_from([date.min, date.max]))
def test_the_calendar_ends_without_a_word(unit: Unit, count: int, day: date) -> None:
    period = Period(count=count, unit=unit)
    assert last(period, day).first <= last(period, day).end
    assert following(period, day).first <= following(period, day).end


def ask(op: str, expected: object, value: object, now: datetime, zone: str) -> bool:
    return DateLine(field="event.x", op=op, value=expected).holds(value, now, Asker.of(zone))


@given(strategies.moments, strategies.nows, strategies.zones)
def test_today_is_the_zone_s(moment: datetime, now: datetime, zone: str) -> None:
    local, today = (value.astimezone(ZoneInfo(zone)).date() for value in (moment, now))
    assert ask("today", None, moment, now, zone) is (local == today)
    assert ask("before_today", None, moment, now, zone) is (local < today)
    assert ask("after_today", None, moment, now, zone) is (local > today)


@given(strategies.moments, strategies.nows, strategies.zones, strategies.periods)
def test_periods_hold_what_the_calendar_shows(
    moment: datetime, now: datetime, zone: str, period: Period
) -> None:
    local, today = (value.astimezone(ZoneInfo(zone)).date() for value in (moment, now))
    for op, days in (("last", last(period, today)), ("next", following(period, today))):
        assert ask(op, period, moment, now, zone) is (days.first <= local < days.end)


def test_within_the_last_days_reaches_from_a_day_s_beginning_until_now() -> None:
    now = datetime(2026, 8, 19, 12, tzinfo=UTC)
    assert ask("within_last", 2, datetime(2026, 8, 17, tzinfo=UTC), now, "UTC")
    assert not ask("within_last", 2, datetime(2026, 8, 16, 23, 59, tzinfo=UTC), now, "UTC")
    assert ask("within_last", 2, now, now, "UTC")
    assert not ask("within_last", 2, now + timedelta(seconds=1), now, "UTC")
    assert ask("within_last", 2, "2026-08-19", now, "UTC")
