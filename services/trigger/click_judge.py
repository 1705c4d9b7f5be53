"""Clicks wait a moment for others of the same mail: a machine follows several links at once, a person one."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from common.adapters.mongo.visits import MongoVisits, StoredVisit
from common.domain.bots import Limits, Visit, sign_among
from common.messages.record import Record
from common.ports import Unavailable
from common.runtime.intake import Intake
from services.trigger.reader import by_machine

log = structlog.get_logger()

PAUSED = "clicks.paused"
AT_ONCE = 500
LOOK_SECONDS = 0.5
MARGIN = timedelta(seconds=0.5)
"""For clocks that differ between hosts, and for visits that are being written."""


class ClickJudge:
    """Puts clicks on the road, as a person's or as a machine's. Two judges at once do no harm: a record's id is the
    visit's, and a repeat is known."""

    def __init__(self, visits: MongoVisits, intake: Intake, limits: Limits) -> None:
        self._visits = visits
        self._intake = intake
        self._limits = limits

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop. What was not judged then is judged by another process, or at the next start."""
        while not stopping.is_set():
            try:
                busy = await self.turn(datetime.now(UTC)) == AT_ONCE
            except Unavailable as error:
                busy = False
                log.warning(PAUSED, why=str(error))
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)

    async def turn(self, now: datetime) -> int:
        """Judge those that have waited long enough; how many."""
        ripe = await self._visits.ripe(now - self._limits.together - MARGIN, AT_ONCE)
        if ripe:
            others = await self._visits.of_effects({each.effect for each in ripe})
            await self._intake.submit(list(self._judged(ripe, others)))
            await self._visits.judged([each.id for each in ripe])
        return len(ripe)

    def _judged(self, ripe: Iterable[StoredVisit], others: Sequence[StoredVisit]) -> Iterator[Record]:
        by_mail: dict[str, list[Visit]] = defaultdict(list)
        for other in others:
            by_mail[other.effect].append(other.visit)
        for each in ripe:
            if sign := sign_among(each.visit, by_mail[each.effect], self._limits):
                yield by_machine(each.records[-1], sign)
            else:
                yield from each.records
