"""So many days, working days or weeks from now, on the calendar of a zone."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from common.domain.calendar import clock, days_later, local_day, moment, working_days_later
from common.domain.instant import to_instant
from common.domain.model import Model
from common.domain.time import Days, Weeks, WorkingDays

LENGTHS = ("days", "working_days", "weeks")


class After(Model):
    """One of the three; the time of day stays, whatever clocks do."""

    days: Days | None = None
    working_days: WorkingDays | None = None
    weeks: Weeks | None = None

    def moment(self, now: datetime, zone: tzinfo) -> datetime:
        if self.working_days:
            return working_days_later(now, self.working_days, zone)
        day = days_later(local_day(now, zone), (self.days or 0) + 7 * (self.weeks or 0))
        return max(now, to_instant(moment(day, now.astimezone(zone).time(), zone)))

    def problems(self, field: str) -> Iterator[tuple[str, str]]:
        given = [name for name in LENGTHS if getattr(self, name) is not None]
        if len(given) != 1:
            yield field, f"give one of {', '.join(LENGTHS)}, not {len(given)}"


def morning(now: datetime, zone: tzinfo) -> datetime:
    """When the day that it is in the zone begins."""
    return to_instant(moment(local_day(now, zone), clock("00:00"), zone))
