"""Wait for a time: so long, or until a moment of the calendar."""

from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from common.domain.calendar import (
    MIDNIGHT,
    TimeOfDay,
    Weekday,
    clock,
    days_later,
    moment,
    next_moment,
    weekday,
    working_days_later,
)
from common.domain.conditions.field_names import ChosenField
from common.domain.conditions.moments import parse
from common.domain.contact import Contact
from common.domain.facts import collect
from common.domain.instant import Instant, to_instant
from common.domain.model import Model
from common.domain.outcomes import GoTo, Outcome, Park
from common.domain.steps.step import Scene, Step, steps
from common.domain.time import DAYS, Days, Hours, Weeks, WorkingDays, later

LENGTHS = ("hours", "days", "weeks", "working_days", "until", "until_weekday", "until_time", "until_date")


class UntilWeekday(Model):
    """The next such day at this time; it may be today, if the time is still to come."""

    day: Weekday | None = None
    time: TimeOfDay = MIDNIGHT


class UntilDate(Model):
    """A date that the contact has, such as `contact.custom.contract_end`, `days` later (before it: negative).

    `time` is the time of day then; without it that of the field, which for a mere date is midnight.
    """

    field: ChosenField = ""
    days: Annotated[int, Field(ge=-DAYS, le=DAYS)] = 0
    time: TimeOfDay | None = None

    def instant(self, contact: Contact, zone: tzinfo) -> datetime | None:
        """When that is; `None` where the contact has no such date."""
        found = self.given(contact)
        found = parse(found) if isinstance(found, str) else found
        if isinstance(found, datetime):
            local = _local(found, zone)
            day, at = local.date(), local.time()
        elif isinstance(found, date):
            day, at = found, time.min
        else:
            return None
        return moment(days_later(day, self.days), clock(self.time) if self.time else at, zone)

    def given(self, contact: Contact) -> Any:
        return collect([self.field], contact).get(self.field)


@steps.register
class WaitTime(Step):
    """Exactly one length. Hours, days and weeks (of 24 hours each) count from the arrival here; working days
    are Monday to Friday and end at the same time of day; the days of all others are those of the flow's timezone.

    Whoever has no such date for `until_date` goes on at once. If the date is put off while they wait, they wait on.
    """

    kind: Literal["wait_time"] = "wait_time"
    hours: Hours | None = None
    days: Days | None = None
    weeks: Weeks | None = None
    working_days: WorkingDays | None = None
    until: Instant | None = None
    until_weekday: UntilWeekday | None = None
    until_time: TimeOfDay | None = None
    until_date: UntilDate | None = None

    flow_control: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def arrive(self, scene: Scene) -> Outcome:
        """Until a moment that has passed: on at once."""
        end, why = self.end(scene.now, scene.contact, ZoneInfo(scene.chart.zone)), self._why(scene.contact)
        if end is None:
            return GoTo(step=scene.onward(self), why=why)
        if end <= scene.now:
            return GoTo(step=scene.onward(self), why={"until": end, "passed": True, **why})
        return Park(until=end, why=why)

    def wake(self, scene: Scene) -> Outcome:
        return self.arrive(scene) if self.until_date else GoTo(step=scene.onward(self))

    def end(self, now: datetime, contact: Contact, zone: tzinfo) -> datetime | None:
        """When a wait that begins now ends; `None` if there is nothing to wait for."""
        end = self._end(now, contact, zone)
        return None if end is None else to_instant(end)

    def _end(self, now: datetime, contact: Contact, zone: tzinfo) -> datetime | None:
        if self.until:
            return self.until
        if self.until_date:
            return self.until_date.instant(contact, zone)
        if self.working_days:
            return working_days_later(now, self.working_days, zone)
        if self.until_time:
            return next_moment(now, clock(self.until_time), zone)
        if wanted := self.until_weekday:
            return next_moment(now, clock(wanted.time), zone, lambda day: weekday(day) is wanted.day)
        return later(now, days=(self.days or 0) + 7 * (self.weeks or 0), hours=self.hours or 0)

    def _why(self, contact: Contact) -> dict[str, Any]:
        if self.until_date is None:
            return {}
        given = self.until_date.given(contact)
        return {"field": self.until_date.field, "value": given, **({} if given else {"missing": True})}

    def problems(self) -> Iterator[tuple[str, str]]:
        given = [name for name in LENGTHS if getattr(self, name) is not None]
        if not given:
            yield "days", f"say how long to wait, by one of {', '.join(LENGTHS)}"
        elif len(given) > 1:
            yield given[1], f"give one of {' and '.join(given)}, not {len(given)}"
        if self.until_weekday and self.until_weekday.day is None:
            yield "until_weekday.day", "choose the day of the week"
        if self.until_date and not self.until_date.field.startswith("contact."):
            yield "until_date.field", "name a date of the contact, such as contact.custom.contract_end"


def _local(found: datetime, zone: tzinfo) -> datetime:
    try:
        return to_instant(found if found.tzinfo else found.replace(tzinfo=ZoneInfo("UTC"))).astimezone(zone)
    except (OverflowError, ValueError):
        return found
