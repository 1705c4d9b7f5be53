"""Everybody on a selection is suggested at a date and time, or again and again."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import ClassVar, Literal

from common.domain.calendar import MIDNIGHT, TimeOfDay, clock, moment
from common.domain.cron import CronExpression, cron
from common.domain.event import ENROLMENT_SUGGESTED
from common.domain.instant import to_instant
from common.domain.model import Choice
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class Scheduled(Pattern):
    """On a `day` at a `time`, or whenever the `cron` expression says so; both in the flow's timezone. `selection` is
    a list or a saved search, asked then. It hears no event: the engine suggests people by it."""

    kind: Literal["scheduled"] = "scheduled"
    selection: Choice = ""
    day: date | None = None
    time: TimeOfDay = MIDNIGHT
    cron: CronExpression | None = None
    conditions: tuple[()] = ()

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER})
    hears: ClassVar[bool] = False

    @property
    def event_type(self) -> str:
        return ENROLMENT_SUGGESTED

    @property
    def source(self) -> str:
        return self.selection

    def next_instant(self, after: datetime, zone: tzinfo) -> datetime | None:
        if self.cron is not None:
            found = cron(self.cron).after(after, zone)
        else:
            found = None if self.day is None else moment(self.day, clock(self.time), zone)
        return to_instant(found) if found is not None and found > after else None

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.selection:
            yield "selection", "choose the selection whose people are suggested"
        if self.day is None and self.cron is None:
            yield "day", "say when: on a day at a time, or by a cron expression"
        elif self.cron is not None and (self.day is not None or self.time != MIDNIGHT):
            yield "cron", "give either a day with a time, or a cron expression"
