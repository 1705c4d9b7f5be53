"""Who does what: each process beats, sees who is alive, and runs the partitions that fall to it
(architecture.md §2: partition p belongs to `live[p % n]`)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from common.messages.topology import Service
from common.ports import Ownership, Partitions, Unavailable
from common.runtime.parking import ParkingLimit, TooManyParked

log = structlog.get_logger()

PARTITION_TAKEN = "partition.taken"
PARTITION_LEFT = "partition.left"
PARTITION_CRASHED = "partition.crashed"
NOT_TAKEN = "partition.not_taken"
MEMBERS_PAUSED = "members.paused"
NOT_HANDED_OVER = "members.not_handed_over"
GIVEN_UP = "process.given_up"
LEASE_SECONDS = 5.0
BEAT_SECONDS = 1.0
STOP_SECONDS = 4.0
"""For a batch under way."""
CANCEL_SECONDS = 2.0

Key = tuple[Service, int]


class Loop(Protocol):
    """What runs one partition. `run` ends after `stop`, or when the partition is lost."""

    async def run(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(slots=True)
class Running:
    own: Ownership
    loop: Loop
    task: asyncio.Task[None]


class Membership:
    """Takes and leaves partitions of the services that this process serves. Each epoch that a life-cycle act left
    unfinished is raised here, by whichever process sees it first."""

    def __init__(
        self,
        member: str,
        partitions: Partitions,
        count: int,
        loops: Mapping[Service, Callable[[Ownership], Loop]],
        limit: ParkingLimit,
        epoch: Callable[[], Awaitable[int]],
    ) -> None:
        self.member = member
        self.unready: str | None = "has not taken its partitions yet"
        """Why this process can't work now, in words; `None` when it can."""
        self._partitions = partitions
        self._count = count
        self._loops = loops
        self._limit = limit
        self._running: dict[Key, Running] = {}
        self._epoch = epoch
        self._raised = -1
        self._beaten = asyncio.Event()
        self._leaving = asyncio.Event()

    @property
    def owned(self) -> list[Key]:
        return sorted(self._running)

    async def check(self) -> str | None:
        """For readiness."""
        return self.unready

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop; then hands its partitions over, so that others need not wait for the lease."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat())
                await self._rounds(stopping)
                self._leaving.set()
        finally:
            self.unready = "has given up its partitions"
            await self._hand_over()
        if self._limit.exceeded:
            self.unready = "has given up its partitions: too many records had to be parked"
            log.error(GIVEN_UP)
            await stopping.wait()

    async def _beat(self) -> None:
        """Beside the rounds: a busy process may take longer over one than its lease lasts.

        Told to end, not cancelled: a cancellation may get lost inside the driver on Python 3.11.
        """
        while not self._leaving.is_set():
            try:
                await self._partitions.beat(self.member, list(self._loops), LEASE_SECONDS)
                self._beaten.set()
            except Unavailable as error:
                log.warning(MEMBERS_PAUSED, why=str(error))
            await heard_once(self._leaving, BEAT_SECONDS)

    async def _rounds(self, stopping: asyncio.Event) -> None:
        await heard_once(self._beaten, LEASE_SECONDS)
        while not stopping.is_set() and not self._limit.exceeded:
            try:
                await self._round()
                self.unready = None
            except Unavailable as error:
                self.unready = str(error)
                log.warning(MEMBERS_PAUSED, why=str(error))
            await heard_once(stopping, BEAT_SECONDS)

    async def _round(self) -> None:
        await self._partitions.bury()
        await self._finish_acts()
        await self._compare_with_rows()
        mine = await self._mine()
        await self._leave([key for key in self._running if key not in mine])
        await asyncio.gather(*(self._take(*key) for key in sorted(mine)))

    async def _mine(self) -> set[Key]:
        """What falls to this process among those that are alive."""
        live = await asyncio.gather(*(self._partitions.live(service) for service in self._loops))
        return {
            (service, partition)
            for service, members in zip(self._loops, live, strict=True)
            for partition in range(self._count)
            if members and members[partition % len(members)] == self.member
        }

    async def _finish_acts(self) -> None:
        """An act cut short between its commit and the fences is finished here."""
        epoch = await self._epoch()
        if epoch > self._raised:
            await self._partitions.raise_epoch(epoch)
            self._raised = epoch

    async def _compare_with_rows(self) -> None:
        """Release what is in this process's name and not in its hands: an answer was lost on the way. Leave what is
        in its hands and no longer in its name: others took it while this process slept, and where nothing comes in
        its loop has not noticed."""
        named = {(own.service, own.partition): own for own in await self._partitions.owned_by(self.member)}
        for key in named.keys() - self._running.keys():
            await self._partitions.release(*key, named[key].token)
        lost = [key for key, running in self._running.items() if not same_fence(running.own, named.get(key))]
        await self._leave(lost)

    async def _take(self, service: Service, partition: int) -> None:
        running = self._running.get((service, partition))
        if running and not running.task.done():
            return
        if running:
            self._note_end(self._running.pop((service, partition)))
        try:
            own = await self._partitions.acquire(service, partition, self.member)
        except Unavailable as error:
            log.warning(NOT_TAKEN, service=service, partition=partition, why=str(error))
            return
        if own is None:
            return
        loop = self._loops[service](own)
        self._running[service, partition] = Running(own, loop, asyncio.create_task(loop.run()))
        log.info(PARTITION_TAKEN, service=service, partition=partition, fence=own.token)

    def _note_end(self, running: Running) -> None:
        ended = running.task.done() and not running.task.cancelled()
        error = running.task.exception() if ended else None
        if error is not None and not isinstance(error, TooManyParked):
            names = {"service": running.own.service, "partition": running.own.partition}
            log.error(PARTITION_CRASHED, exc_info=error, **names)

    async def _leave(self, keys: list[Key]) -> None:
        leaving = [self._running.pop(key) for key in keys]
        for running in leaving:
            running.loop.stop()
        await ended([running.task for running in leaving])
        for running in leaving:
            self._note_end(running)
            own = running.own
            await self._partitions.release(own.service, own.partition, own.token)
            log.info(PARTITION_LEFT, service=own.service, partition=own.partition)

    async def _hand_over(self) -> None:
        try:
            await self._leave(list(self._running))
            await self._partitions.leave(self.member)
        except Unavailable as error:
            log.warning(NOT_HANDED_OVER, why=str(error))


def same_fence(own: Ownership, row: Ownership | None) -> bool:
    """Whether the row still stands as when the partition was taken."""
    return row is not None and row.token == own.token


async def ended(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Wait for tasks that have been told to stop; those that don't in time are cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=CANCEL_SECONDS)


async def heard_once(event: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake when the event is set."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
