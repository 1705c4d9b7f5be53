"""Hours, days, weeks and months of a flow's timezone, from the one asked for to the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from common.domain.rollups import Grain, Number, Tally
from common.ports import Sums
from common.runtime.problems import Invalid

USUAL_DAYS = 90
MOST_DAYS = 1000
USUAL_DAYS_OF_HOURS = 7
MOST_DAYS_OF_HOURS = 14
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)
"""Further out, days of some timezone fall off the calendar."""


class By(StrEnum):
    """How much time one row is about."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """Weeks begin on Monday (ISO 8601)."""
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bucket:
    """`day` on which it begins in the flow's timezone, `start` the instant."""

    day: date
    start: datetime


@dataclass(frozen=True, slots=True)
class Buckets:
    """The days from `first_day` to `last_day`, both included."""

    by: By
    zone: ZoneInfo
    first_day: date
    last_day: date

    @property
    def grain(self) -> Grain:
        return Grain.HOUR if self.by is By.HOUR else Grain.DAY

    @property
    def first(self) -> datetime:
        """Of the starts of the rows to be read."""
        return self._midnight(self.first_day) if self.by is By.HOUR else utc_midnight(self.first_day)

    @property
    def last(self) -> datetime:
        if self.by is By.HOUR:
            return self._midnight(self.last_day + timedelta(1)) - timedelta(microseconds=1000)
        return utc_midnight(self.last_day)

    def rows(self, sums: Sums) -> list[tuple[Bucket, Tally]]:
        """Every bucket with its counts, also those in which nothing was counted."""
        tallies: dict[date | datetime, dict[str, Number]] = {key: {} for key in self._all()}
        for (start,), tally in sums.items():
            assert isinstance(start, datetime)
            into = tallies.setdefault(start if self.by is By.HOUR else self._first_of(start.date()), {})
            for counter, by in tally.items():
                into[counter] = into.get(counter, 0) + by
        found = [(self._bucket(key), tally) for key, tally in tallies.items()]
        return sorted(found, key=lambda item: item[0].start)

    def _all(self) -> Iterator[date | datetime]:
        """Hours by the instant at which they begin, all else by the first day."""
        if self.by is By.HOUR:
            start, last = self.first, self.last
            while start <= last:
                yield start
                start += timedelta(hours=1)
            return
        for number in range((self.last_day - self.first_day).days + 1):
            yield self._first_of(self.first_day + timedelta(number))

    def _first_of(self, day: date) -> date:
        match self.by:
            case By.WEEK:
                return day - timedelta(day.weekday())
            case By.MONTH:
                return day.replace(day=1)
            case By.DAY | By.HOUR:
                return day
        assert_never(self.by)

    def _bucket(self, key: date | datetime) -> Bucket:
        if isinstance(key, datetime):
            return Bucket(key.astimezone(self.zone).date(), key)
        return Bucket(key, self._midnight(key))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def buckets_asked(first: date | None, last: date | None, by: By, zone: str, now: datetime) -> Buckets:
    """The last 90 days (7 of hours), unless told otherwise. Raises `Invalid` for more than 1000 days (14 of hours),
    or fewer than one."""
    usual, most = (USUAL_DAYS_OF_HOURS, MOST_DAYS_OF_HOURS) if by is By.HOUR else (USUAL_DAYS, MOST_DAYS)
    today = now.astimezone(ZoneInfo(zone)).date()
    last = last or max(today, first or today)
    first = first or date.fromordinal(max(last.toordinal() - usual + 1, date.min.toordinal()))
    if not (first >= EARLIEST and last <= LATEST):
        raise Invalid([{"parameter": "from", "detail": f"days from {EARLIEST} to {LATEST} only"}])
    if first > last:
        raise Invalid([{"parameter": "from", "detail": f"{first} is after {last}"}])
    if (last - first).days >= most:
        raise Invalid([{"parameter": "from", "detail": f"no more than {most} days at a time, to {last}"}])
    return Buckets(by, ZoneInfo(zone), first, last)


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
