"""Dates as systems write them, and the instants that they cover."""

import re
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple


class Span(NamedTuple):
    """From `first` to `last`, both included, in UTC: a whole day, or twice the same instant."""

    first: datetime
    last: datetime


_ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?",
    re.ASCII,
)
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def parse(text: str) -> date | datetime | None:
    """An ISO 8601 date, with or without time; `None` for anything else."""
    if not 10 <= len(text) <= 40 or not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def span(value: Any, zone: tzinfo) -> Span | None:
    """What a date covers: a day of the zone, or an instant (UTC unless it says otherwise).

    `None` for what is no date, and for the outermost days of the calendar, which have no neighbours.
    """
    moment = parse(value) if isinstance(value, str) else value
    try:
        if isinstance(moment, datetime):
            instant = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return Span(instant, instant)
        if isinstance(moment, date):
            return Span(midnight(moment, zone), midnight(moment + timedelta(days=1), zone) - MICROSECOND)
    except OverflowError:
        return None
    return None


def midnight(day: date, zone: tzinfo) -> datetime:
    """The beginning of a day of the zone, in UTC; raises `OverflowError` at the ends of the calendar."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def microseconds(instant: datetime) -> int:
    """Since the beginning of 1970."""
    return (instant - _EPOCH) // MICROSECOND


def days_within(first: datetime, last: datetime, zone: tzinfo) -> tuple[int, int]:
    """The first and the last day, as ordinals, that begin between these instants, both included.

    There are none if the first is behind the last.
    """
    known = _days_with_neighbours(zone)

    def begins(ordinal: int) -> datetime:
        return midnight(date.fromordinal(ordinal), zone)

    low = bisect_left(known, first, key=begins)
    high = bisect_right(known, last, key=begins)
    return known.start + low, known.start + high - 1


@lru_cache(maxsize=256)
def _days_with_neighbours(zone: tzinfo) -> range:
    """The ordinals of all days that `span` knows."""
    ends = date.min.toordinal(), date.max.toordinal()
    low, high = (
        [day for day in near if span(date.fromordinal(day), zone) is not None]
        for near in (range(ends[0], ends[0] + 3), range(ends[1] - 2, ends[1] + 1))
    )
    return range(low[0], high[-1] + 1)
