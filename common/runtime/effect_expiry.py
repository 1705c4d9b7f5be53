"""Effects that somebody took and never came back with (architecture.md §3.4)."""

from collections.abc import Callable
from time import monotonic

from common.domain.effect import EffectState
from common.messages.topology import Service
from common.ports import Commit, Committed
from common.runtime.effect_outcomes import Ledger, doubted

AT_ONCE = 100
"""Most doubts told in one transaction; the next look takes the rest."""

LOOKS_A_LEASE = 10
LONGEST_SECONDS = 5.0


class Expiry:
    """For one partition: abandoned claims go back, abandoned sendings are in doubt, and the executor is told."""

    def __init__(
        self, partition: int, ledger: Ledger, observe: Callable[[str, EffectState, int], None], lease: float
    ) -> None:
        self._partition = partition
        self._ledger = ledger
        self._observe = observe
        self._pause = min(lease / LOOKS_A_LEASE, LONGEST_SECONDS)
        self._next = 0.0

    async def look(self) -> None:
        """Cheap when it was asked a moment ago. Raises `Unavailable`."""
        if monotonic() < self._next:
            return
        await self._ledger.effects.release_expired(self._partition)
        await self._doubt()
        self._next = monotonic() + self._pause

    async def _doubt(self) -> None:
        abandoned = await self._ledger.effects.expired_sending(self._partition, AT_ONCE)
        if not abandoned:
            return
        now = await self._ledger.clock.now()
        told = [(Service.EXECUTOR, doubted(effect, now)) for effect in abandoned]
        doubt = self._ledger.effects.doubt([effect.id for effect in abandoned])
        result = await self._ledger.batches.commit(Commit(writes=[doubt], posted=told))
        if result.outcome is Committed.DONE:
            for effect in abandoned:
                self._observe(effect.channel, EffectState.IN_DOUBT, 1)
