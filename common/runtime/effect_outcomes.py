"""What became of effects, written to the ledger together with the ticket that tells the executor."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

import structlog

from common.domain import ids
from common.domain.delivery import Bounce, Consequence, Leave, Retry, Return, Settle, Wait
from common.domain.effect import Effect, EffectState
from common.domain.event import EFFECT_SETTLED, EFFECT_WAITS
from common.messages.record import Record
from common.messages.settled import Settled, Waits
from common.messages.topology import Service
from common.ports import Batches, Clock, Commit, Committed, Effects, Unavailable, Write

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
        alike = defaultdict[tuple[str, Consequence], list[str]](list)
        for outcome in outcomes:
            alike[outcome.effect.token or "", outcome.consequence].append(outcome.effect.id)
        writes = [
            write for (token, what), those in alike.items() if (write := self._write(those, token, what, now))
        ]
        if not writes:
            return Committed.DONE
        posted = [(Service.EXECUTOR, told) for outcome in outcomes if (told := record(outcome, now))]
        return (await self.batches.commit(Commit(writes=joined(writes), posted=posted))).outcome

    def _write(self, effects: Sequence[str], token: str, what: Consequence, now: datetime) -> Write | None:
        match what:
            case Settle(state, text, told_at=told_at):
                return self.effects.settle(effects, token, state, reason=text, at=now, told_at=told_at)
            case Retry(delay, text):
                return self.effects.put_off(effects, token, delay, reason=text)
            case Wait(until):
                return self.effects.wait(effects, token, until)
            case Return() | Leave():
                return None
            case _:
                assert_never(what)


def record(outcome: Outcome, now: datetime) -> Record | None:
    """What the executor is told, `None` while it is not over and waits for nothing that flows know of."""
    match outcome.consequence:
        case Settle() as settle:
            return settled(outcome, settle, now)
        case Wait(until):
            return waits(outcome.effect, until, now)
        case _:
            return None


def settled(outcome: Outcome, settle: Settle, now: datetime) -> Record:
    told = Settled(
        **about(outcome.effect),
        state=settle.state,
        reason=outcome.reason or settle.text,
        text=settle.text if outcome.reason else None,
        address=outcome.address,
        bounced=settle.bounce is not None,
        permanent=settle.bounce is Bounce.PERMANENT,
    )
    return to_record(outcome.effect, told, outcome.attempts, now)


def waits(effect: Effect, until: datetime, now: datetime) -> Record:
    """Its id says effect, attempt and instant, so that twice told is once."""
    told = Waits(**about(effect), until=until)
    return Record(
        id=ids.digest("waits", effect.id, str(effect.attempts), until.isoformat()),
        type=EFFECT_WAITS,
        source=SOURCE,
        contact=effect.contact,
        time=now,
        data=told.model_dump(mode="json"),
        trace=effect.trace,
    )


def doubted(effect: Effect, now: datetime) -> Record:
    """That an effect's sending was abandoned."""
    told = Settled(**about(effect), state=EffectState.IN_DOUBT)
    return to_record(effect, told, effect.attempts, now)


def about(effect: Effect) -> dict[str, Any]:
    names = {"participant", "flow", "run", "version", "step", "channel", "content"}
    return effect.model_dump(include=names) | {"effect": effect.id}


def to_record(effect: Effect, told: Settled, attempts: int, now: datetime) -> Record:
    """Its id says effect, attempt and state, so that twice told is once."""
    return Record(
        id=ids.digest("outcome", effect.id, str(attempts), told.state),
        type=EFFECT_SETTLED,
        source=SOURCE,
        contact=effect.contact,
        time=now,
        data=told.model_dump(mode="json", exclude_defaults=True),
        trace=effect.trace,
    )


def joined(writes: Iterable[Write]) -> list[Write]:
    """One write for each collection, so that a transaction makes few round trips."""
    operations: dict[str, list[Any]] = defaultdict(list)
    matches: dict[str, int] = defaultdict(int)
    for write in writes:
        operations[write.collection] += write.operations
        matches[write.collection] += write.matches or 0
    return [Write(name, each, matches=matches[name] or None) for name, each in operations.items()]
