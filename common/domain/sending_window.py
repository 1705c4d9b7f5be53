"""When messages to contacts may go out: weekdays, and from when to when (domain.md §3)."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from pydantic import Field

from common.domain.calendar import (
    DAY,
    LATEST,
    MIDNIGHT,
    TimeOfDay,
    Weekday,
    clock,
    local_day,
    moment,
    weekday,
)
from common.domain.instant import to_instant
from common.domain.model import Model

DAYS_AHEAD = 16
"""A window may fall into a gap of the clock and be left out for a week."""


class SendingWindow(Model):
    """Open on these weekdays from `opens` up to, but without, `closes`.

    One that closes at or before the time at which it opens lasts over midnight, and belongs to the day on which it
    opens; the same time twice is 24 hours. All in the flow's timezone.
    """

    weekdays: list[Weekday] = Field(default_factory=lambda: list(Weekday), max_length=7)
    opens: TimeOfDay = MIDNIGHT
    closes: TimeOfDay = MIDNIGHT

    def next_open(self, now: datetime, zone: tzinfo) -> datetime:
        """The first instant, `now` or later, at which it is open."""
        for opens, closes in self._spans(now, zone):
            if max(now, opens) < closes:
                return now if opens <= now else to_instant(opens)
        return LATEST

    def _spans(self, now: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        opens, closes = clock(self.opens), clock(self.closes)
        first = local_day(now, zone) - DAY
        for ahead in range(DAYS_AHEAD):
            if LATEST.date() - first <= DAY * (ahead + 1):
                return
            day = first + DAY * ahead
            if weekday(day) in self.weekdays:
                last = day if opens < closes else day + DAY
                yield moment(day, opens, zone), moment(last, closes, zone)
