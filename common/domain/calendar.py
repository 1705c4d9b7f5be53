"""Days and times of day on the calendar of a zone, and the instants at which they come."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from common.domain.instant import to_instant

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Whatever would come later comes then."""

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Hours and minutes on a wall clock: `09:30`."""

MIDNIGHT = "00:00"


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def weekday(day: date) -> Weekday:
    return list(Weekday)[day.weekday()]


def is_working_day(day: date) -> bool:
    """Monday to Friday; holidays are not known."""
    return day.weekday() < 5


def clock(at: TimeOfDay) -> time:
    return time.fromisoformat(at)


def moment(day: date, at: time, zone: tzinfo) -> datetime:
    """When it is that time on that day of the zone, in UTC.

    Where clocks are put forward over it, the first instant behind the gap; where they are put back over it, the
    first of the two. Cut off at `LATEST`.
    """
    local = datetime.combine(day, at.replace(fold=0), zone)
    try:
        first, other = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    except OverflowError:
        return LATEST
    return min(_behind_gap(other, first, zone) if other < first else first, LATEST)


def next_moment(
    now: datetime, at: time, zone: tzinfo, fits: Callable[[date], bool] = lambda day: True
) -> datetime:
    """The first instant, `now` or later, at which it is that time on a day that fits."""
    day = local_day(now, zone)
    while not fits(day) or moment(day, at, zone) < now:
        if day >= LATEST.date():
            return LATEST
        day += DAY
    return moment(day, at, zone)


def working_days_later(start: datetime, count: int, zone: tzinfo) -> datetime:
    """The same time of day so many working days later; a weekend counts as the end of its Friday's day."""
    local = start.astimezone(zone)
    weeks, rest = divmod(count, 5)
    day = local.date() - DAY * max(local.weekday() - 4, 0) + DAY * 7 * weeks
    for _ in range(rest):
        day += DAY * (3 if day.weekday() == 4 else 1)
    return max(start, to_instant(moment(day, local.time(), zone)))


def days_later(day: date, count: int) -> date:
    """So many days later, or earlier where the number is negative; cut off at the ends of the calendar."""
    return date.fromordinal(min(max(day.toordinal() + count, 1), LATEST.toordinal()))


def local_day(now: datetime, zone: tzinfo) -> date:
    """The day that it is in the zone; at the ends of the calendar that of UTC."""
    try:
        return now.astimezone(zone).date()
    except OverflowError:
        return now.date()


def _behind_gap(before: datetime, behind: datetime, zone: tzinfo) -> datetime:
    """The first instant, between two, that has the offset of the later one."""
    offset = behind.astimezone(zone).utcoffset()
    while behind - before > SECOND:
        middle = before + SECOND * ((behind - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            behind = middle
        else:
            before = middle
    return behind.replace(microsecond=0)
