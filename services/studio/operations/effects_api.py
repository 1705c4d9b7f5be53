"""`/v1/operations/effects`: doubts, and what a person makes of them (architecture.md §3.4)."""

from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import APIRouter, Query
from pydantic import Field

from common.adapters.mongo.effects import MongoEffects
from common.domain.delivery import Settle
from common.domain.effect import Effect, EffectState
from common.domain.instant import Instant
from common.domain.model import Model
from common.messages.topology import Service
from common.ports import Batches, Clock, Commit, Committed
from common.runtime.effect_outcomes import Outcome, record
from common.runtime.problems import Conflict, NotFound

BY_HAND = "settled by hand"


class Verdict(StrEnum):
    """What a person has found out about a doubt, as from the mail server's log."""

    DONE = "done"
    FAILED = "failed"

    @property
    def state(self) -> EffectState:
        match self:
            case Verdict.DONE:
                return EffectState.DONE
            case Verdict.FAILED:
                return EffectState.FAILED
            case _:
                assert_never(self)


class EffectView(Model):
    """`message_id` is the left part of the Message-ID, to be looked for in the mail server's log."""

    id: str
    message_id: str
    state: EffectState
    channel: str
    flow: str
    step: str
    content: str
    contact: str
    participant: str
    attempts: int
    planned_at: Instant
    reason: str | None


class EffectList(Model):
    """`counts`: all that are not settled, by state; `items`: those in doubt, up to the limit."""

    counts: dict[EffectState, int]
    items: list[EffectView]


class SettleRequest(Model):
    outcome: Verdict
    note: str = Field(default="", max_length=500)


class NotInDoubt(Conflict):
    """`state` is where the effect stands instead."""

    slug, title = "not-in-doubt", "This effect is not in doubt"

    def __init__(self, effect: Effect) -> None:
        super().__init__(f"effect {effect.id} is {effect.state.replace('_', ' ')}", state=effect.state.value)


class Doubts:
    """Settles doubts, each once: the ledger is asked for its state in the transaction."""

    def __init__(self, effects: MongoEffects, batches: Batches, clock: Clock) -> None:
        self._effects = effects
        self._batches = batches
        self._clock = clock

    async def resend(self, effect_id: str) -> None:
        """It will be sent once more, even if it has arrived. Raises `NotFound` and `NotInDoubt`."""
        effect = await self._in_doubt(effect_id)
        await self._commit(effect, Commit(writes=[self._effects.resend(effect.id)]))

    async def settle(self, effect_id: str, verdict: Verdict, note: str) -> None:
        """It was done, or it failed; the executor is told. Raises `NotFound` and `NotInDoubt`."""
        effect = await self._in_doubt(effect_id)
        now = await self._clock.now()
        text = f"{BY_HAND}: {note}" if note else BY_HAND
        told = record(Outcome(effect, Settle(verdict.state, text), effect.attempts), now)
        assert told is not None, "a settled effect is always told of"
        write = self._effects.settle_doubt(effect.id, verdict.state, reason=text, at=now)
        await self._commit(effect, Commit(writes=[write], posted=[(Service.EXECUTOR, told)]))

    async def _in_doubt(self, effect_id: str) -> Effect:
        found = await self._effects.many([effect_id])
        if not found:
            raise NotFound("effect", effect_id)
        if found[0].state is not EffectState.IN_DOUBT:
            raise NotInDoubt(found[0])
        return found[0]

    async def _commit(self, effect: Effect, commit: Commit) -> None:
        if (await self._batches.commit(commit)).outcome is not Committed.DONE:
            raise NotInDoubt((await self._effects.many([effect.id]))[0])


def shown(effect: Effect) -> EffectView:
    names = set(EffectView.model_fields) - {"message_id"}
    return EffectView(message_id=effect.message_id, **effect.model_dump(include=names))


def router(effects: MongoEffects, doubts: Doubts) -> APIRouter:
    routes = APIRouter(prefix="/effects")

    @routes.get("")
    async def list_effects(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> EffectList:
        """What is on its way, and what nobody knows the end of."""
        items = [shown(effect) for effect in await effects.in_doubt(limit)]
        return EffectList(counts=dict(await effects.unsettled()), items=items)

    @routes.post("/{effect}/resend", status_code=202)
    async def resend(effect: str) -> None:
        """Send once more what may have arrived."""
        await doubts.resend(effect)

    @routes.post("/{effect}/settle", status_code=202)
    async def settle(effect: str, request: SettleRequest) -> None:
        """Say what became of it."""
        await doubts.settle(effect, request.outcome, request.note)

    return routes
