"""Cron expressions of five fields, read on the wall clock of a zone.

A time of day that a change of clocks leaves out comes at the end of the gap; one that comes twice counts once, the
first time (as `common.domain.calendar.moment` has it).
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from common.domain.calendar import DAY, LATEST, days_later, local_day, moment

PART = re.compile(r"(?P<all>\*)|(?P<first>\w+)(-(?P<last>\w+))?", re.ASCII)
MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FURTHEST = 366 * 9
"""Days to look ahead: from a 29th of February to the next it may be eight years."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
EVERY = "*"


@dataclass(frozen=True, slots=True)
class _Place:
    """One of the five fields: what it is called, its range, and names for its numbers from `first` on."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int:
        if word.lower() in self.names:
            return self.first + self.names.index(word.lower())
        if word.isdecimal() and self.first <= int(word) <= self.last:
            return int(word)
        names = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
        raise ValueError(f"{self.name}: {word!r} is not one of {self.first} to {self.last}{names}")


PLACES = (
    _Place("minute", 0, 59),
    _Place("hour", 0, 23),
    _Place("day of the month", 1, 31),
    _Place("month", 1, 12, MONTHS),
    _Place("day of the week", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """When it comes. `either`: both kinds of days are named, and a day that is of one of them will do (POSIX)."""

    times: Sequence[time]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def comes_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either else by_date and by_weekday

    def after(self, now: datetime, zone: tzinfo) -> datetime | None:
        """The first instant later than `now`; `None`: there is none before the calendar ends."""
        day = days_later(local_day(now, zone), -1)
        for _ in range(FURTHEST):
            if self.comes_on(day):
                place = day
                passed = bisect_right(self.times, now, key=lambda at: moment(place, at, zone))
                if passed < len(self.times):
                    return moment(day, self.times[passed], zone)
            if day >= LATEST.date():
                return None
            day += DAY
        return None


@lru_cache(maxsize=1024)
def cron(text: str) -> Cron:
    """Read an expression; raises `ValueError` that names the field."""
    words = text.split()
    if len(words) != len(PLACES):
        wanted = ", ".join(place.name for place in PLACES)
        raise ValueError(f"needs five fields ({wanted}), and has {len(words)}")
    minutes, hours, days, months, weekdays = (
        _numbers(word, place) for word, place in zip(words, PLACES, strict=True)
    )
    found = Cron(
        times=[time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)],
        days=days,
        months=months,
        weekdays=frozenset(number % 7 for number in weekdays),
        either=EVERY not in (words[2], words[4]),
    )
    if words[4] == EVERY and not any(day <= MONTH_LENGTHS[month - 1] for day in days for month in months):
        raise ValueError("never comes: none of these months has such a day")
    return found


def _numbers(word: str, place: _Place) -> frozenset[int]:
    return frozenset(number for part in word.split(",") for number in _part(part, place))


def _part(part: str, place: _Place) -> range:
    span, slash, step = part.partition("/")
    found = PART.fullmatch(span)
    if found is None or (slash and not (step.isascii() and step.isdecimal() and int(step))):
        raise ValueError(f"{place.name}: {part!r} is none of 5, 1-5, *, */15, 0-30/10, and lists of these")
    if found["all"]:
        return range(place.first, place.last + 1, int(step or 1))
    if slash and not found["last"]:
        raise ValueError(f"{place.name}: a step needs a range before it, as in {span}-{place.last}/{step}")
    first = place.number(found["first"])
    last = place.number(found["last"]) if found["last"] else first
    if last < first:
        raise ValueError(f"{place.name}: {span!r} runs backwards")
    return range(first, last + 1, int(step or 1))


def _readable(text: str) -> str:
    cron(text)
    return text


CronExpression = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
"""Minute, hour, day of the month, month, day of the week: `30 9 * * mon-fri`."""
