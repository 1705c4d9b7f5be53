"""When a flow suggests people by itself: one of its triggers on the calendar, and what came of its last instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from common.domain.conditions import Asker
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.model import Model, Slug
from common.domain.patterns import AnyTrigger

MINUTE = timedelta(minutes=1)


class Skipped(StrEnum):
    """Why an instant suggested nobody."""

    STILL_GOING_ON = "still_going_on"
    """The bulk enrolment of the one before is not over."""
    NO_SELECTION = "no_selection"


class Occasion(Model):
    """What came of an instant: a bulk enrolment, or nothing, for the reason `skipped`. `missed_since`: the first of
    the instants before it that were left out, since nobody was there to see to them."""

    at: Instant
    skipped: Skipped | None = None
    missed_since: Instant | None = None


class Schedule(Model):
    """A trigger of an open flow, at this place among its triggers. It holds all that its instants take, whatever
    becomes of the flow's version. Nothing is due at `until` or later, nor any more where `due` is `None`. `bulk`
    is the bulk enrolment that was begun last."""

    v: int = 1
    id: str
    flow: Slug
    run: int
    version: int
    index: int
    trigger: AnyTrigger
    timezone: str = "UTC"
    owner: str = ""
    until: Instant | None = None
    due: Instant | None = None
    last: Occasion | None = None
    bulk: str | None = None

    @property
    def asker(self) -> Asker:
        """On whose behalf a saved search is asked."""
        return Asker.of(self.timezone, self.owner)

    @property
    def selection(self) -> str:
        assert self.trigger.source is not None, "what has no selection is not scheduled"
        return self.trigger.source

    @property
    def place(self) -> str:
        """The trigger, as explanations name it."""
        return f"triggers[{self.index}]"

    def name(self, at: datetime) -> str:
        """Names what is begun at this instant, and nothing else."""
        settings = digest(self.trigger.model_dump_json())[:12]
        return f"schedule:{self.id}:{self.run}:{settings}:{at.isoformat()}"

    def local(self, at: datetime) -> str:
        """The instant on the wall clock of the flow's timezone."""
        return f"{at.astimezone(ZoneInfo(self.timezone)):%Y-%m-%d %H:%M} {self.timezone}"

    def after(self, moment: datetime) -> datetime | None:
        """The next instant later than this."""
        found = self.trigger.next_instant(moment, ZoneInfo(self.timezone))
        return None if found is None or (self.until is not None and found >= self.until) else found

    def latest(self, now: datetime) -> datetime:
        """The last instant that has come, at or behind the one that is due."""
        assert self.due is not None
        found, span = self.due, MINUTE
        while now - span > self.due:
            ahead = self.after(now - span)
            if ahead is not None and ahead <= now:
                found = ahead
                break
            span *= 2
        while (ahead := self.after(found)) is not None and ahead <= now:
            found = ahead
        return found


@dataclass(frozen=True, slots=True)
class Due:
    """An instant that has come; `missed_since`: others came before it, from this on."""

    at: datetime
    missed_since: datetime | None


def due(schedule: Schedule, now: datetime) -> Due:
    """Only the latest instant is made up for."""
    assert schedule.due is not None and schedule.due <= now
    at = schedule.latest(now)
    return Due(at, schedule.due if schedule.due < at else None)


def begun(schedule: Schedule, came: Due, bulk: str) -> Schedule:
    """The schedule behind an instant at which this was begun."""
    found: Schedule = _behind(schedule, came, None).but(bulk=bulk)
    return found


def skipped(schedule: Schedule, came: Due, why: Skipped) -> Schedule:
    """The schedule behind an instant at which nobody was suggested."""
    return _behind(schedule, came, why)


def _behind(schedule: Schedule, came: Due, why: Skipped | None) -> Schedule:
    last = Occasion(at=came.at, skipped=why, missed_since=came.missed_since)
    found: Schedule = schedule.but(due=schedule.after(came.at), last=last)
    return found


def schedules(flow: StoredFlow, version: FlowVersion, known: Iterable[Schedule]) -> list[Schedule]:
    """Those of a flow that was run or resumed, as of then. What a resume has not changed keeps what is due."""
    before = {each.id: each for each in known if each.run == flow.run}
    document = version.document
    fresh = [
        Schedule(
            id=f"{flow.id}:{index}",
            flow=flow.id,
            run=flow.run,
            version=version.version,
            index=index,
            trigger=trigger,
            timezone=document.zone,
            owner=document.owner,
            until=document.enrols_until,
        )
        for index, trigger in enumerate(document.triggers)
        if trigger.source is not None
    ]
    return [_going_on(each, before.get(each.id), version.frozen_at) for each in fresh]


def _going_on(fresh: Schedule, before: Schedule | None, now: datetime) -> Schedule:
    if before is not None and _times(before) == _times(fresh):
        found: Schedule = fresh.but(due=before.due, last=before.last, bulk=before.bulk)
    else:
        found = fresh.but(due=fresh.after(now))
    return found


def _times(schedule: Schedule) -> object:
    return schedule.trigger, schedule.timezone, schedule.until
