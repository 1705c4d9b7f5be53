"""What a process measures of itself every few seconds: is it ready, what does it own, how far is that behind."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog

from common.domain.open_flow import OpenFlow
from common.messages.topology import TAKING_TICKETS, Service
from common.ports import Troubles, Unavailable, Work
from common.runtime.health import Readiness
from common.runtime.members import Key, heard_once
from common.runtime.metrics import Metrics

log = structlog.get_logger()

NOT_MEASURED = "gauges.not_measured"
SECONDS = 5.0
TROUBLES_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Gauges:
    """`services`: those whose partitions this process may own; `owned`: the ones that it has now;
    `unreadable`: the flows that it can't read."""

    metrics: Metrics
    readiness: Callable[[], Awaitable[Readiness]]
    work: Work
    count: int
    services: Collection[Service]
    owned: Callable[[], Collection[Key]]
    unreadable: Callable[[], Collection[OpenFlow]] = tuple

    async def run(self, stopping: asyncio.Event) -> None:
        """Measure until told to stop. Without a database the last figures but readiness stay."""
        while not stopping.is_set():
            self.metrics.ready((await self.readiness()).ready)
            try:
                await self.measure()
            except Unavailable as error:
                log.warning(NOT_MEASURED, why=str(error))
            await heard_once(stopping, SECONDS)

    async def measure(self) -> None:
        """One query, whatever the number of partitions. Raises `Unavailable`."""
        waiting = await self.work.backlog(self.services) if self.services else {}
        self.metrics.unreadable_flows(len(self.unreadable()))
        owned = self.owned()
        self.metrics.partitions(self.count, self.services, owned)
        self.metrics.backlog([key for key in owned if key[0] in TAKING_TICKETS], waiting)


@dataclass(frozen=True, slots=True)
class TroubleGauges:
    """What waits for a person in the whole installation, whichever process had the trouble."""

    metrics: Metrics
    count: Callable[[], Awaitable[Troubles]]

    async def run(self, stopping: asyncio.Event) -> None:
        """Measure until told to stop. Without a database the last figures stay."""
        while not stopping.is_set():
            try:
                self.metrics.troubles(await self.count())
            except Unavailable as error:
                log.warning(NOT_MEASURED, why=str(error))
            await heard_once(stopping, TROUBLES_SECONDS)
