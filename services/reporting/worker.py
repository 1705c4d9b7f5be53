"""HOW WELL: each fact becomes a row, and adds to the counts of its flow, step, content, hour and day."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from common.domain.reported_message import ReportedMessage
from common.messages.happened import (
    EARNED,
    Happened,
    OfMessage,
    ParticipantRemoved,
    RevenueFollowed,
    from_record,
)
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Bought, FactRow, Reports
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome
from services.reporting.tallying import Tallying, of_passage
from services.reporting.versions import Versions


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept about a batch's facts: ids of those counted before; messages; what buyers bought first; all about
    the passages that are removed, and which were removed before."""

    known: frozenset[str] = frozenset()
    messages: Mapping[str, ReportedMessage] = field(default_factory=dict)
    buyers: Mapping[str, Bought] = field(default_factory=dict)
    of_removed: tuple[FactRow, ...] = ()
    removed: frozenset[str] = frozenset()


class ReportingHandler(KeepsNoTime):
    """The end of the road. `outside`: what is new here is passed on, for other systems to hear."""

    def __init__(self, reports: Reports, versions: Versions, *, outside: bool = False) -> None:
        self._reports = reports
        self._versions = versions
        self._outside = outside

    async def load(self, batch: Batch) -> "ReportingWorld":
        facts = readable(batch)
        kept = await self._kept(facts)
        named = {(fact.flow, fact.version) for fact in facts.values()}
        named |= {(row.fact.flow, row.fact.version) for row in kept.of_removed}
        zones = await self._versions.zones(named)
        tallying = Tallying(self._reports, batch.partition, zones, kept.messages, kept.buyers)
        return ReportingWorld(tallying, kept, outside=self._outside)

    async def _kept(self, facts: Mapping[str, Happened]) -> Kept:
        removed = {f.participant for f in facts.values() if isinstance(f, ParticipantRemoved)}
        messages = {f.effect for f in facts.values() if isinstance(f, OfMessage)}
        buyers = removed | {f.participant for f in facts.values() if isinstance(f, RevenueFollowed)}
        reports = self._reports
        passages = {f.participant for f in facts.values() if of_passage(f)}
        return Kept(
            removed=frozenset(await reports.removed(passages)) if passages else frozenset(),
            known=frozenset(await reports.known(facts)),
            messages=await reports.messages(messages) if messages else {},
            buyers=await reports.buyers(buyers) if buyers else {},
            of_removed=tuple(await reports.of_participants(removed)) if removed else (),
        )


def readable(batch: Batch) -> dict[str, Happened]:
    """The facts by id, without what is none: that raises when it is decided, and is parked then."""
    found: dict[str, Happened] = {}
    for record in batch.records:
        with contextlib.suppress(ValidationError):
            found[record.id] = from_record(record)
    return found


class ReportingWorld(HasNoTimers):
    """`kept`: what was kept before of what the batch is about."""

    def __init__(self, tallying: Tallying, kept: Kept, *, outside: bool) -> None:
        self._tallying = tallying
        self._known = set(kept.known)
        self._of_removed = kept.of_removed
        self._removed = set(kept.removed)
        self._outside = outside
        self._new: list[Record] = []

    def decide(self, record: Record) -> None:
        """Raises `ValidationError` for what is no fact, `NotSettled` for a message that is not at its end."""
        fact = from_record(record)
        if of_passage(fact) and fact.participant in self._removed:
            return
        if self._count(fact, record):
            self._new.append(record)
        self._known.add(record.id)

    def _count(self, fact: Happened, record: Record) -> bool:
        """Whether it was news."""
        tallying, known = self._tallying, record.id in self._known
        if isinstance(fact, OfMessage):
            return tallying.message(fact, record, known=known)
        if known:
            return False
        tallying.row(fact, record)
        if isinstance(fact, RevenueFollowed) and fact.kind in EARNED:
            tallying.bought(fact, record)
        if isinstance(fact, ParticipantRemoved):
            tallying.remove(fact.participant, self._of_removed)
            self._removed.add(fact.participant)
        return True

    def outcome(self) -> Outcome:
        return Outcome(
            posted=[(Service.OUTSIDE, record) for record in self._new] if self._outside else (),
            writes=self._tallying.writes(),
        )
