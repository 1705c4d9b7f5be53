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

EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)
"""Further out, days of some timezone fall off the calendar."""


class By(StrEnum):
    """How much time one row is about. Each row is read from one of its own grain, but for weeks, which are put
    together of days."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """Weeks begin on Monday (ISO 8601)."""
    MONTH = "month"


USUAL_DAYS = {By.HOUR: 7, By.DAY: 90, By.WEEK: 90, By.MONTH: 365}
MOST_DAYS = {By.HOUR: 14, By.DAY: 366, By.WEEK: 366, By.MONTH: 3660}
"""So that a few thousand rows are read at most; decision 0173."""
GRAINS = {By.HOUR: Grain.HOUR, By.DAY: Grain.DAY, By.WEEK: Grain.DAY, By.MONTH: Grain.MONTH}


@dataclass(frozen=True, slots=True)
class Bucket:
    """`day` on which it begins in the flow's timezone, `start` the instant."""

    day: date
    start: datetime


@dataclass(frozen=True, slots=True)
class Buckets:
    """The days from `first_day` to `last_day`, both included; by month, all days of the months in which they are."""

    by: By
    zone: ZoneInfo
    first_day: date
    last_day: date

    @property
    def grain(self) -> Grain:
        return GRAINS[self.by]

    @property
    def first(self) -> datetime:
        """Of the starts of the rows to be read."""
        if self.by is By.HOUR:
            return self._midnight(self.first_day)
        return utc_midnight(self.first_day.replace(day=1) if self.by is By.MONTH else self.first_day)

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
    """The last `USUAL_DAYS`, unless told otherwise. Raises `Invalid` for more than `MOST_DAYS`, or fewer than one."""
    usual, most = USUAL_DAYS[by], MOST_DAYS[by]
    today = now.astimezone(ZoneInfo(zone)).date()
    last = last or max(today, first or today)
    first = first or date.fromordinal(max(last.toordinal() - usual + 1, date.min.toordinal()))
    if not (first >= EARLIEST and last <= LATEST):
        raise Invalid([{"parameter": "from", "detail": f"days from {EARLIEST} to {LATEST} only"}])
    if first > last:
        raise Invalid([{"parameter": "from", "detail": f"{first} is after {last}"}])
    if (last - first).days >= most:
        raise Invalid([{"parameter": "from", "detail": too_many(by, last)}])
    return Buckets(by, ZoneInfo(zone), first, last)


def too_many(by: By, last: date) -> str:
    longer = "" if by is By.MONTH else "; longer by month"
    return f"no more than {MOST_DAYS[by]} days at a time by {by}, to {last}{longer}"


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
