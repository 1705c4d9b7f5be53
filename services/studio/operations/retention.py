"""Removes what has been kept for its time, in batches (architecture.md §3.10)."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from common.adapters.mongo.retention import Kept, MongoRetention
from common.ports import Unavailable

OLD_REMOVED = "retention.removed"
PAUSED = "retention.paused"
BATCH = 1000
BREATH_SECONDS = 0.05
"""Between batches: whoever works goes first."""

LOOK_SECONDS = 600.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Retention:
    """`ages`: how long each is kept; what is not named is kept for ever. Several may run at once."""

    store: MongoRetention
    ages: Mapping[Kept, timedelta]
    look: float = LOOK_SECONDS

    async def run(self, stopping: asyncio.Event) -> None:
        """Again and again until told to stop."""
        while not stopping.is_set():
            try:
                await self.sweep(datetime.now(UTC), stopping)
            except Unavailable as error:
                log.warning(PAUSED, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self.look)

    async def sweep(self, now: datetime, stopping: asyncio.Event) -> Mapping[Kept, int]:
        """Remove all that is too old at `now` (machine time); how much of each. Raises `Unavailable`."""
        removed: dict[Kept, int] = {}
        for kept, age in self.ages.items():
            removed[kept] = await self._remove(kept, now - age, stopping)
            if removed[kept]:
                log.info(OLD_REMOVED, collection=kept, documents=removed[kept])
        return removed

    async def _remove(self, kept: Kept, before: datetime, stopping: asyncio.Event) -> int:
        total = 0
        while not stopping.is_set() and (removed := await self.store.remove(kept, before, BATCH)):
            total += removed
            await asyncio.sleep(BREATH_SECONDS)
        return total
