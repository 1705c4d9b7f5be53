"""Forgetting a contact: its values go from everywhere, ids and totals stay (architecture.md §3.10).

What lies still is erased at once. Then whoever is inside a flow leaves it, mail not sent is withdrawn, and when
nothing of the contact moves any more the rest is erased in one transaction. An installation whose services are down
finishes later, by itself.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from uuid import uuid4

import structlog

from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.erasure import MongoErasure, Traces
from common.domain.claim import Withdrawal
from common.domain.delivery import Settle
from common.domain.effect import EffectState
from common.domain.event import CONTACT_FORGOTTEN
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Batches, Clock, Commit, Unavailable
from common.runtime.effect_outcomes import SOURCE, Outcome, record

CONTACT_ERASED = "contact.forgotten"
PAUSED = "erasure.paused"
NUDGE_SECONDS = 0.1
LOOK_SECONDS = 10.0
PATIENCE_EACH = 5.0
WITHDRAWN = "the contact was forgotten before it was sent"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`waits_for` says in words what is still moving, `None` when it is done; `erased` counts documents by
    collection."""

    waits_for: str | None = None
    erased: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eraser:
    store: MongoErasure
    effects: MongoEffects
    batches: Batches
    clock: Clock

    async def forget(self, contact: str, patience: float) -> Forgotten:
        """Forget, within so many seconds or later; doing it twice does it once. Raises `Unavailable`."""
        await self.store.begin(contact)
        return await self.go_on(contact, patience)

    async def go_on(self, contact: str, patience: float) -> Forgotten:
        until = monotonic() + patience
        erased = Counter(await self.store.erase(contact))
        while True:
            traces = await self._nudge(contact)
            rest = await self.store.finish(contact) if traces.still else None
            if rest is not None:
                log.info(CONTACT_ERASED, contact=contact)
                return Forgotten(erased=erased + Counter(rest))
            if monotonic() > until:
                return Forgotten(in_words(traces), erased)
            await asyncio.sleep(NUDGE_SECONDS)

    async def _nudge(self, contact: str) -> Traces:
        """What still moves, brought on its way out."""
        traces = await self.store.traces(contact)
        if traces.planned:
            await self._withdraw(contact)
        if traces.inside and not traces.ticket:
            await self._ask_to_leave(contact)
        return traces

    async def _ask_to_leave(self, contact: str) -> None:
        now = await self.clock.now()
        told = Record(id=uuid4().hex, type=CONTACT_FORGOTTEN, source=SOURCE, contact=contact, time=now)
        await self.batches.commit(Commit(posted=[(Service.EXECUTOR, told)]))

    async def _withdraw(self, contact: str) -> None:
        """Those that a sender claims meanwhile it withdraws by itself, or they come back."""
        planned = await self.effects.of_contact(contact, EffectState.PLANNED)
        if not planned:
            return
        now = await self.clock.now()
        reason = Withdrawal.CONTACT_FORGOTTEN.value
        outcomes = [
            Outcome(effect, Settle(EffectState.WITHDRAWN, WITHDRAWN), effect.attempts, reason)
            for effect in planned
        ]
        posted = [(Service.EXECUTOR, told) for each in outcomes if (told := record(each, now))]
        write = self.effects.withdraw([effect.id for effect in planned], reason=WITHDRAWN, at=now)
        await self.batches.commit(Commit(writes=[write], posted=posted))

    async def run(self, stopping: asyncio.Event) -> None:
        """Finishes what was begun and cut short, again and again until told to stop."""
        while not stopping.is_set():
            try:
                for contact in await self.store.unfinished():
                    await self.go_on(contact, PATIENCE_EACH)
            except Unavailable as error:
                log.warning(PAUSED, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)


def in_words(traces: Traces) -> str:
    """What a forgetting waits for."""
    if traces.ticket:
        return f"work about the contact waits for the service {traces.ticket}"
    if traces.going or traces.planned:
        return "a message to the contact is on its way"
    return "the contact is leaving its flows"
