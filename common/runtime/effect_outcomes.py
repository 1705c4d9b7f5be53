"""What became of effects, written to the ledger together with the ticket that tells the executor."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

import structlog

from common.domain import ids
from common.domain.delivery import Bounce, Consequence, Leave, Retry, Return, Settle
from common.domain.effect import Effect, EffectState
from common.domain.event import EFFECT_SETTLED
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Addresses, Batches, Clock, Commit, Committed, Effects, Unavailable, Write

log = structlog.get_logger()

OUTCOME_OVERTAKEN = "effect.outcome_overtaken"
OUTCOME_WAITS = "effect.outcome_waits"
SOURCE = "headrace"
LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`effect` as it was claimed; `attempts` with this one; `reason`: a closed word where there is one."""

    effect: Effect
    consequence: Consequence
    attempts: int
    reason: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where outcomes go."""

    effects: Effects
    addresses: Addresses
    batches: Batches
    clock: Clock

    async def write(self, outcomes: Sequence[Outcome]) -> None:
        """Write all; comes back only when that is done, since what was sent can't be unsent.

        One that is no longer under its token (somebody settled the doubt) is left as it is.
        """
        pause = 0.05
        while True:
            try:
                if await self._commit(outcomes) is not Committed.DONE:
                    await self._one_by_one(outcomes)
                return
            except Unavailable as error:
                log.warning(OUTCOME_WAITS, seconds=pause, why=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _one_by_one(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if await self._commit([outcome]) is not Committed.DONE:
                log.warning(OUTCOME_OVERTAKEN, effect=outcome.effect.id, outcome=str(outcome.consequence))

    async def _commit(self, outcomes: Sequence[Outcome]) -> Committed:
        now = await self.clock.now()
        writes = [write for outcome in outcomes for write in self._writes(outcome, now)]
        reached = {outcome.address for outcome in outcomes if delivered(outcome) and outcome.address}
        if reached:
            writes.append(self.addresses.delivered(sorted(reached)))
        if not writes:
            return Committed.DONE
        posted = [(Service.EXECUTOR, told) for outcome in outcomes if (told := record(outcome, now))]
        return (await self.batches.commit(Commit(writes=joined(writes), posted=posted))).outcome

    def _writes(self, outcome: Outcome, now: datetime) -> list[Write]:
        effect, token = outcome.effect, outcome.effect.token or ""
        match outcome.consequence:
            case Settle(state, text, bounce):
                settled = self.effects.settle(effect.id, token, state, reason=text, at=now)
                if bounce is None or outcome.address is None:
                    return [settled]
                permanent = bounce is Bounce.PERMANENT
                bounced = self.addresses.bounced(outcome.address, permanent=permanent, reason=text, at=now)
                return [settled, bounced]
            case Retry(delay, text):
                return [self.effects.put_off(effect.id, token, delay, reason=text)]
            case Return() | Leave():
                return []
            case _:
                assert_never(outcome.consequence)


def delivered(outcome: Outcome) -> bool:
    return isinstance(outcome.consequence, Settle) and outcome.consequence.state is EffectState.DONE


def record(outcome: Outcome, now: datetime) -> Record | None:
    """What the executor is told, `None` while it is not over."""
    if not isinstance(outcome.consequence, Settle):
        return None
    settle = outcome.consequence
    return settled(outcome.effect, settle.state, outcome.attempts, outcome.reason, settle.text, now)


def settled(
    effect: Effect, state: EffectState, attempts: int, reason: str | None, text: str | None, now: datetime
) -> Record:
    """The record `headrace.effect.settled`. Its id says effect, attempt and state, so that twice told is once."""
    data: dict[str, Any] = {
        "effect": effect.id,
        "participant": effect.participant,
        "flow": effect.flow,
        "run": effect.run,
        "step": effect.step,
        "channel": effect.channel,
        "content": effect.content,
        "state": state.value,
        "reason": reason,
        "text": text,
    }
    return Record(
        id=ids.digest("outcome", effect.id, str(attempts), state),
        type=EFFECT_SETTLED,
        source=SOURCE,
        contact=effect.contact,
        time=now,
        data=data,
    )


def joined(writes: Iterable[Write]) -> list[Write]:
    """One write for each collection, so that a transaction makes few round trips."""
    operations: dict[str, list[Any]] = defaultdict(list)
    matches: dict[str, int] = defaultdict(int)
    for write in writes:
        operations[write.collection] += write.operations
        matches[write.collection] += write.matches or 0
    return [Write(name, each, matches=matches[name] or None) for name, each in operations.items()]
