"""Begins what schedules say, at their instants: a selection's bulk enrolment, once, whoever is killed meanwhile."""

import asyncio
from dataclasses import dataclass, field

import structlog

from common.domain.bulk import BulkEnrolment, BulkState, bulk_id, state_of
from common.domain.clock import ClockMode
from common.domain.schedule import Due, Schedule, Skipped, begun, due, skipped
from common.ports import Schedules, Unavailable, UnreadableSchedule
from common.runtime.members import heard_once
from services.trigger.bulk_api import BulkEnrolments

log = structlog.get_logger()

BEGUN = "schedule.begun"
SKIPPED = "schedule.skipped"
MISSED = "schedule.missed"
PAUSED = "schedules.paused"
UNREADABLE = "schedule.unreadable"

LOOK_SECONDS = 1.0
"""How soon a schedule is noticed that is written meanwhile, or a clock that is set anew."""
STEP_SECONDS = 0.02
"""How soon a step of the clock is noticed."""
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Several may run at once: an instant belongs to the one whose transaction moves the schedule."""

    schedules: Schedules
    enrolments: BulkEnrolments
    told: set[str] = field(default_factory=set)
    """Schedules that can't be read, of which the log has heard."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Looks again and again until told to stop."""
        while not stopping.is_set():
            seconds = LOOK_SECONDS
            try:
                await self.look()
                seconds = await self._pause()
            except Unavailable as error:
                log.warning(PAUSED, why=str(error))
            await heard_once(stopping, seconds)

    async def look(self) -> None:
        """Begin everything that is due. Raises `Unavailable`."""
        for found in await self.schedules.due(await self.enrolments.clock.now(), AT_ONCE):
            if isinstance(found, Schedule):
                await self._begin(found)
            else:
                self._complain(found)

    async def _pause(self) -> float:
        """Seconds until the next instant, unless that is far off."""
        clock, first = self.enrolments.clock, await self.schedules.next_due()
        setting = await clock.read()
        if setting.mode is ClockMode.STEP:
            return STEP_SECONDS
        if first is None:
            return LOOK_SECONDS
        return min(max(setting.machine_seconds(first - await clock.now()), STEP_SECONDS), LOOK_SECONDS)

    async def _begin(self, schedule: Schedule) -> None:
        came = due(schedule, await self.enrolments.clock.now())
        bulk = await self._bulk(schedule, came)
        if isinstance(bulk, Skipped):
            after, begins = skipped(schedule, came, bulk), None
        else:
            there = await self.enrolments.bulks.get(bulk.id)
            after, begins = begun(schedule, came, bulk.id), bulk if there is None else None
        if await self.schedules.move(schedule, after, begins):
            self._tell(after, came)

    async def _bulk(self, schedule: Schedule, came: Due) -> BulkEnrolment | Skipped:
        """What begins at this instant. The selection is asked as of then, also where that was a while ago."""
        if schedule.bulk is not None and await self._goes_on(schedule.bulk):
            return Skipped.STILL_GOING_ON
        selection = await self.enrolments.selections.get(schedule.selection)
        if selection is None:
            return Skipped.NO_SELECTION
        total = await self.enrolments.selected.count(selection, came.at, schedule.asker)
        return BulkEnrolment(
            id=bulk_id(schedule.name(came.at)), flow=schedule.flow, run=schedule.run, selection=selection,
            by=f"{schedule.place} due at {schedule.local(came.at)}", started_at=came.at, total=total,
        )  # fmt: skip

    async def _goes_on(self, bulk: str) -> bool:
        known = await self.enrolments.bulks.get(bulk)
        if known is None:
            return False
        return state_of(known, await self.enrolments.tally(bulk)) in (BulkState.RUNNING, BulkState.PAUSED)

    def _tell(self, after: Schedule, came: Due) -> None:
        if came.missed_since is not None:
            log.warning(MISSED, schedule=after.id, since=came.missed_since, made_up=came.at)
        if after.last is not None and after.last.skipped is not None:
            log.warning(SKIPPED, schedule=after.id, at=came.at, why=after.last.skipped)
        else:
            log.info(BEGUN, schedule=after.id, at=came.at, bulk=after.bulk)

    def _complain(self, found: UnreadableSchedule) -> None:
        if found.id not in self.told:
            self.told.add(found.id)
            log.error(UNREADABLE, schedule=found.id, why=found.why)
