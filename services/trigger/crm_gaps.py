"""What the CRM's webhook did not tell (domain.md §12): each kind of record is listed again and again, and what of it
nobody told becomes the event that should have come.

A change is dealt with one look after it was first seen: by then its event has come, if it comes at all. How far a
look has come is noted page by page, so one that is cut short goes on from there.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from common.adapters.crm.rest import Touched
from common.adapters.crm.session import CrmAway, CrmRefused
from common.adapters.mongo.crm_looks import Look, MongoCrmLooks
from common.messages.record import Record
from common.ports import Unavailable
from services.trigger.crm_gap_kinds import GapKind
from services.trigger.crm_intake import CrmIntake

log = structlog.get_logger()

PAUSED = "crm_gaps.paused"
CLOSED = "crm_gaps.closed"

ASK_SECONDS = 5.0


class CrmGaps:
    """`every`: how long between two looks."""

    def __init__(
        self, looks: MongoCrmLooks, kinds: Sequence[GapKind], intake: CrmIntake, every: timedelta
    ) -> None:
        self._looks = looks
        self.kinds = kinds
        self._intake = intake
        self._every = every

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            for kind in self.kinds:
                try:
                    await self.turn(kind, datetime.now(UTC))
                except (CrmAway, CrmRefused, Unavailable) as error:
                    log.warning(PAUSED, kind=kind.name, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ASK_SECONDS)

    async def turn(self, kind: GapKind, now: datetime) -> None:
        """Look at one kind, if it is time. What was changed before the first look of all is nobody's gap."""
        before = await self._looks.turn(kind.name, self._every)
        if before is None:
            return
        seen = before.seen or ""
        async for page in kind.listed(before, now):
            if rows := [each for each in page if ripe(each, before)]:
                await self._submit(kind, await kind.untold(rows))
                before = await self._noted(kind, before, dealt_with(page, before))
            seen = max([seen, *(each.at for each in page)])
        through = seen if before.seen is None else before.seen
        await self._looks.looked(kind.name, before, Look(through, seen))

    async def _noted(self, kind: GapKind, before: Look, after: Look) -> Look:
        if after != before:
            await self._looks.looked(kind.name, before, after)
        return after

    async def _submit(self, kind: GapKind, records: Sequence[Record | None]) -> None:
        fresh = await self._intake.submit([record for record in records if record is not None])
        if sum(fresh):
            log.warning(CLOSED, kind=kind.name, records=sum(fresh))


def ripe(touched: Touched, look: Look) -> bool:
    """Seen at the last look already, and not dealt with."""
    return (look.through or "") < touched.at <= (look.seen or "")


def dealt_with(page: Sequence[Touched], look: Look) -> Look:
    """After this page. Of its last moment there may be more on the next one."""
    last = max(each.at for each in page)
    whole = [each.at for each in page if each.at < last and ripe(each, look)]
    return Look(max([look.through or "", *whole]) or look.through, look.seen)
