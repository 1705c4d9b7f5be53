"""Finishes life-cycle acts that were cut short between their commit and the last partition."""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from common.ports import Unavailable
from services.studio.life_cycle import LifeCycle

ACT_FINISHED = "act.finished_late"
PAUSED = "acts.paused"
LOOK_SECONDS = 2.0
OVERDUE_SECONDS = 5.0
"""An act that takes longer is taken for abandoned; finishing one that is not does no harm."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ActFinisher:
    life: LifeCycle
    look: float = LOOK_SECONDS
    overdue: float = OVERDUE_SECONDS

    async def run(self, stopping: asyncio.Event) -> None:
        """Looks again and again until told to stop."""
        while not stopping.is_set():
            try:
                await self.finish_overdue()
            except Unavailable as error:
                log.warning(PAUSED, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self.look)

    async def finish_overdue(self) -> None:
        """Raises `Unavailable`."""
        for act in await self.life.designs.flows.unfinished(older=self.overdue):
            await self.life.finish(act)
            log.warning(ACT_FINISHED, flow=act.flow, epoch=act.epoch)
