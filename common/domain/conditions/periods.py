"""Periods of the calendar told from today: this month, the last three weeks, the next quarter and this one."""

from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from common.domain.conditions.moments import EARLIEST, LATEST, MICROSECOND, midnight
from common.domain.model import Model


class Unit(StrEnum):
    """Weeks are those of ISO 8601 and begin on Monday; half-years begin in January and July."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF_YEAR: 6, Unit.YEAR: 12}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}


class Period(Model):
    """So many whole units before or behind the current one; `with_this`: joined with it."""

    count: int = Field(default=1, ge=1, le=1000)
    unit: Unit
    with_this: bool = False

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{' and this' if self.with_this else ''}"


class Days(NamedTuple):
    """From `first` up to, but without, `end`."""

    first: date
    end: date


class Window(NamedTuple):
    """Two instants, both included."""

    first: datetime
    last: datetime


def today(now: datetime, zone: tzinfo) -> date:
    """The day on the zone's calendar; at the ends of the calendar that of UTC."""
    try:
        return now.astimezone(zone).date()
    except OverflowError:
        return now.date()


def this(unit: Unit, day: date) -> Days:
    """The unit that the day lies in."""
    return Days(_begin(unit, day, 0), _begin(unit, day, 1))


def last(period: Period, day: date) -> Days:
    """The units before that of the day."""
    return Days(_begin(period.unit, day, -period.count), _begin(period.unit, day, int(period.with_this)))


def following(period: Period, day: date) -> Days:
    """The units behind that of the day."""
    return Days(
        _begin(period.unit, day, 0 if period.with_this else 1), _begin(period.unit, day, period.count + 1)
    )


def window(days: Days, zone: tzinfo) -> Window:
    """The instants of these days in the zone."""
    return Window(start(days.first, zone), start(days.end, zone) - MICROSECOND)


def start(day: date, zone: tzinfo) -> datetime:
    """The day's first instant, cut off at the ends of the calendar."""
    try:
        return midnight(day, zone)
    except OverflowError:
        return EARLIEST + MICROSECOND if day.year == 1 else LATEST


def days_before(day: date, count: int) -> date:
    """So many days earlier, cut off at the beginning of the calendar."""
    return _day(day.toordinal() - count)


def _begin(unit: Unit, day: date, offset: int) -> date:
    """The first day of the unit that is so many behind the day's own; cut off at the ends of the calendar."""
    if unit in _DAYS:
        first = day - timedelta(days=day.weekday()) if unit is Unit.WEEK and day.year > 1 else day
        return _day(first.toordinal() + offset * _DAYS[unit])
    size = _MONTHS[unit]
    months = ((day.year * 12 + day.month - 1) // size + offset) * size
    if not 12 <= months < 10_000 * 12:
        return date.min if months < 12 else date.max
    return date(months // 12, months % 12 + 1, 1)


def _day(ordinal: int) -> date:
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))
