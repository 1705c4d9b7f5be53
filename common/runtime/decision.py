"""A handler's decisions about a batch, committed; what alone would keep the rest from being committed is parked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

import structlog

from common.domain.participant import Participant
from common.messages.record import Record
from common.messages.ticket import Ticket
from common.ports import Batches, Commit, Committed, Guard, Parked, Passage, Unreadable, Unstorable
from common.runtime.handler import Batch, Handler, World
from common.runtime.parking import ParkingLimit, describe, log_parked
from common.runtime.pieces import in_pieces

log = structlog.get_logger()

BATCH_SPOILT = "batch.spoilt"
DECISION_RAISED = "decision.raised"
ALWAYS_OUTRUN = "what it would write collides with what is stored, every time"

FAULTS = (Unstorable, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a single record can make a handler or a store raise. All else is trouble that its neighbours share."""

Subject = TypeVar("Subject", Record, Participant)
Reasons = Mapping[str, str]
"""By id of a record or of a participant (a timer's, or one of many), why it can't be handled."""

NONE: Reasons = MappingProxyType({})


class Decision:
    """How one partition decides and commits."""

    def __init__(self, handler: Handler, batches: Batches, limit: ParkingLimit) -> None:
        self._handler = handler
        self._batches = batches
        self._limit = limit

    async def commit(
        self, batch: Batch, guard: Guard, tickets: Sequence[Ticket], *, thorough: bool
    ) -> tuple[Commit, Committed]:
        """Decide and commit; records that spoil the batch are found by trying each by itself, and parked.

        `thorough`: the batch was outrun again and again; what is so even by itself counts as spoiling, too.
        Raises `TooManyParked`.
        """
        spoiling = await self._spoiling(batch, guard, thorough=True) if thorough else NONE
        try:
            return await self._commit_without(spoiling, batch, guard, tickets)
        except FAULTS:
            log.exception(BATCH_SPOILT, service=guard.service, partition=guard.partition)
            spoiling = await self._spoiling(batch, guard, thorough=thorough)
            if not spoiling:
                raise
        return await self._commit_without(spoiling, batch, guard, tickets)

    async def _commit_without(
        self, spoiling: Reasons, batch: Batch, guard: Guard, tickets: Sequence[Ticket]
    ) -> tuple[Commit, Committed]:
        commit, decided = await self._decide(batch, guard, tickets, spoiling)
        if commit.parked:
            self._limit.ask(decided, len(commit.parked))
        result = await self._batches.commit(commit)
        if result.outcome is Committed.DONE:
            self._limit.count(decided, len(commit.parked))
            log_parked(commit.parked)
        return commit, result.outcome

    async def _decide(
        self, batch: Batch, guard: Guard, tickets: Sequence[Ticket], spoiling: Reasons = NONE
    ) -> tuple[Commit, int]:
        """What to commit, and on how many records, timers and people it decides."""
        records = [record for record in batch.records if record.id not in spoiling]
        good = replace(batch, records=records, spoilt=spoiling)
        world = await self._handler.load(good)
        parked = [
            Parked(guard.service, guard.partition, record, spoiling[record.id])
            for record in batch.records
            if record.id in spoiling
        ]
        parked += await decide_all(world, good, guard, spoiling)
        outcome = world.outcome()
        parked += [Parked(guard.service, guard.partition, each.record, each.why) for each in outcome.aside]
        commit = Commit(
            guard=guard,
            tickets=tickets,
            applied=max((ticket.seq for ticket in tickets if ticket.seq is not None), default=None),
            onward=outcome.onward,
            posted=outcome.posted,
            writes=outcome.writes,
            parked=parked,
            last=batch.now,
        )
        return commit, len(batch.records) + len(batch.timers) + outcome.people

    async def _spoiling(self, batch: Batch, guard: Guard, *, thorough: bool) -> Reasons:
        """Try each record and each timer by itself, keeping nothing. Where a record for many spoils the batch, those
        of the many who do are found, so that the others need not go with them."""
        single = {record.id: replace(batch, records=[record], timers=()) for record in batch.records}
        single |= {timer.id: replace(batch, records=(), timers=[timer]) for timer in batch.timers}
        reasons: dict[str, str] = {}
        for name, alone in single.items():
            if why := await self._spoils(alone, guard, thorough):
                reasons |= await self._of_many(alone, guard, thorough) or {name: why}
        return reasons

    async def _of_many(self, alone: Batch, guard: Guard, thorough: bool) -> Reasons:
        """Those who spoil a record for many; nobody, where it is not for many, or only all together do."""
        found: dict[str, str] = {}
        left = await self._crowds(alone)
        while left:
            if not (people := left.pop()):
                continue
            why = await self._spoils(replace(alone, only=people), guard, thorough)
            if why and len(people) == 1:
                found[people[0]] = why
            elif why:
                half = len(people) // 2
                left += [people[:half], people[half:]]
        return found

    async def _crowds(self, alone: Batch) -> list[list[str]]:
        """Whom each record concerns; none, where that can't even be asked."""
        try:
            world = await self._handler.load(alone)
        except FAULTS:
            return []
        return [list(world.crowd(record)) for record in alone.records]

    async def _spoils(self, alone: Batch, guard: Guard, thorough: bool) -> str | None:
        try:
            commit, _ = await self._decide(alone, guard, ())
            outcome = await self._batches.rehearse(commit)
        except FAULTS as error:
            return describe(error)
        return ALWAYS_OUTRUN if thorough and outcome is Committed.OUTRUN else None


async def decide_all(world: World, batch: Batch, guard: Guard, bad_timers: Reasons = NONE) -> list[Parked]:
    """Let the world decide each timer and each record; what raises is answered as parked.

    Bad timers are shelved untried.
    """
    timers = [
        Parked(guard.service, guard.partition, world.shelve(timer), why)
        async for piece in in_pieces(batch.timers)
        for timer in piece
        if (why := bad_timers.get(timer.id) or error_of_timer(world, timer))
    ]
    records = [
        Parked(guard.service, guard.partition, record, why)
        async for piece in in_pieces(batch.records)
        for record in piece
        if (why := error_of(world.decide, record))
    ]
    return timers + records


def error_of_timer(world: World, timer: Passage) -> str | None:
    return timer.why if isinstance(timer, Unreadable) else error_of(world.fire, timer)


def error_of(act: Callable[[Subject], None], subject: Subject) -> str | None:
    """What this raises, in words; whatever it is, the neighbours go on."""
    try:
        act(subject)
    except Exception as error:
        log.exception(DECISION_RAISED, **names(subject))
        return describe(error)
    return None


def names(subject: Record | Participant) -> dict[str, Any]:
    """What a log says about it: ids, and by which version of which flow it was decided."""
    if isinstance(subject, Record):
        suggested = [f"{each.flow}@{each.version}" for each in subject.suggestions]
        return {"record": subject.id, "type": subject.type, "suggested": suggested}
    return {
        "participant": subject.id,
        "flow": subject.flow,
        "flow_version": subject.version,
        "step": subject.step,
    }
