"""The serial loop of one partition: a batch of timers, a batch of tickets, and again (architecture.md §2, §4)."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter

import structlog
from structlog.contextvars import bound_contextvars

from common.messages.record import Record
from common.messages.ticket import FRAME, Ticket
from common.ports import (
    Batches,
    Clock,
    Commit,
    Committed,
    Guard,
    Ownership,
    Partitions,
    Passage,
    Unavailable,
    Work,
)
from common.runtime.bells import heard
from common.runtime.decision import Decision
from common.runtime.flow_cache import FlowCache
from common.runtime.handler import Batch, Handler
from common.runtime.inbox import Inbox
from common.runtime.members import heard_once
from common.runtime.parking import ParkingLimit, describe
from common.runtime.tracing import UNWATCHED, Tracing

log = structlog.get_logger()

PARTITION_PAUSED = "partition.paused"
LONGEST_PAUSE = 10.0
OUTRUN_PAUSE = 0.01
MOST_OUTRUN = 20
"""So often in a row a batch may find that documents have changed, before what does so is looked for and parked."""
AT_ONCE = 3
"""Batches of one service that a process has in hand. A few keep processor and database busy; were all partitions at
it at once, each would be done only when all are, and the services before and behind would wait."""
CLOCK_LOOK_SECONDS = 0.2
"""How often a partition looks for timers that have come, when nothing wakes it."""


class Lost(Exception):
    """Another process owns the partition now."""


@dataclass(frozen=True, slots=True)
class Road:
    """What every partition loop of a process shares."""

    batches: Batches
    work: Work
    partitions: Partitions
    clock: Clock
    flows: FlowCache
    limit: ParkingLimit
    committed: Callable[[Commit, int, float], None]
    """Told of each committed batch, the number of records and timers in it, and the seconds that it took."""
    fired: Callable[[datetime, Sequence[Passage]], None]
    """Told of timers that were fired, and of the business time at which they were."""
    tracing: Tracing = UNWATCHED
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


class PartitionLoop:
    """Runs one partition of one service for as long as this process owns it."""

    def __init__(
        self, own: Ownership, handler: Handler, road: Road, inbox: Inbox, bell: asyncio.Event
    ) -> None:
        self._own = own
        self._handler = handler
        self._road = road
        self._inbox = inbox
        self._bell = bell
        self._stopping = asyncio.Event()
        self._decision = Decision(handler, road.batches, road.limit)
        self._outrun = dict.fromkeys((False, True), 0)

    def stop(self) -> None:
        """Come to an end after the batch that is under way."""
        self._stopping.set()
        self._bell.set()

    async def run(self) -> None:
        """Until `stop`, or until the partition is lost. Raises `TooManyParked`; trouble outside only pauses."""
        with bound_contextvars(service=self._own.service.value, partition=self._own.partition):
            await self._run()

    async def _run(self) -> None:
        receiving = asyncio.create_task(self._inbox.receive())
        pause = 0.05
        try:
            while not self._stopping.is_set():
                try:
                    if not await self._turn():
                        await heard(self._bell, self._rest())
                    pause = 0.05
                except Unavailable as error:
                    names = {"service": self._own.service, "partition": self._own.partition}
                    log.warning(
                        PARTITION_PAUSED, seconds=pause, why=describe(error.__cause__ or error), **names
                    )
                    await heard_once(self._stopping, pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    self._inbox.look()
        except Lost:
            return
        finally:
            receiving.cancel()

    def _rest(self) -> float:
        """Seconds to sleep when nothing wakes this loop."""
        sweep = self._inbox.pause()
        return min(sweep, CLOCK_LOOK_SECONDS) if self._handler.keeps_time else sweep

    async def _turn(self) -> bool:
        """Whether there may be more to do at once; what comes meanwhile rings the bell."""
        timers: Sequence[Passage] = ()
        if self._handler.keeps_time:
            timers = await self._handler.timers(self._own.partition, await self._now(), FRAME)
        if timers:
            await self._settle([], timers)
        tickets = await self._inbox.take()
        if tickets:
            await self._settle(tickets, [])
        return bool(timers) or self._inbox.more

    async def _settle(self, tickets: Sequence[Ticket], timers: Sequence[Passage]) -> None:
        """Decide and commit, as often as somebody else is first."""
        while tickets or timers:
            async with self._road.turns:
                outcome = await self._attempt(tickets, timers)
            match outcome:
                case Committed.DONE:
                    await self._inbox.done(tickets)
                    return
                case Committed.REPEATED:
                    tickets = await self._without_repeats(tickets)
                case Committed.FENCED:
                    await self._look_at_fence()
                case Committed.OUTRUN:
                    await asyncio.sleep(OUTRUN_PAUSE * self._outrun[bool(timers)])
            if timers:
                return  # what was due may have moved: the next turn asks again

    async def _attempt(self, tickets: Sequence[Ticket], timers: Sequence[Passage]) -> Committed:
        started = perf_counter()
        records = [record for ticket in tickets for record in ticket.records]
        size = len(records) + len(timers)
        own, outrun = self._own, self._outrun[bool(timers)]
        with self._road.tracing.batch(own.service, own.partition, records, len(timers)) as mark:
            batch = Batch(
                partition=own.partition,
                now=await self._now(records),
                book=await self._road.flows.book(own.epoch),
                records=records,
                timers=timers,
                trace=mark,
            )
            guard = Guard(own.service, own.partition, own.token, batch.book.epoch)
            commit, outcome = await self._decision.commit(
                batch, guard, tickets, thorough=outrun >= MOST_OUTRUN
            )
            self._road.tracing.note(outcome=outcome.value)
        self._outrun[bool(timers)] = outrun + 1 if outcome is Committed.OUTRUN else 0
        if outcome is Committed.DONE:
            self._own = replace(self._own, last=batch.now)
            self._road.committed(commit, size, perf_counter() - started)
            if timers:
                self._road.fired(batch.now, timers)
        return outcome

    async def _now(self, records: Sequence[Record] = ()) -> datetime:
        """The largest of clock, event time and last recorded time, since the clocks of hosts differ.

        Who keeps no time is spared the look at the clock: the time of its records will do.
        """
        seen = [record.time for record in records]
        if self._handler.keeps_time or not seen:
            seen.append(await self._road.clock.now())
        return max(seen if self._own.last is None else [*seen, self._own.last])

    async def _without_repeats(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        there = await self._road.work.still_there(ticket.id for ticket in tickets)
        await self._inbox.done(ticket for ticket in tickets if ticket.id not in there)
        return [ticket for ticket in tickets if ticket.id in there]

    async def _look_at_fence(self) -> None:
        """Somebody raised the epoch (decide again by the new flows) or the token (raises `Lost`)."""
        token, epoch = await self._road.partitions.look(self._own.service, self._own.partition)
        if token != self._own.token:
            raise Lost
        self._own = replace(self._own, epoch=epoch)
