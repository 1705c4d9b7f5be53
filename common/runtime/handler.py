"""What a service gives the road: how it reads its world, and how it decides. The road does the rest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from common.domain.flow_book import FlowBook
from common.domain.participant import Participant
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Passage, Write


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to 500 records, or timers, of one partition, to be decided at one business time by one flow book.

    `trace` is the mark of what timers lead to; what a record leads to carries the record's own.
    Of the people whom a record for many concerns, those in `spoilt` are set aside untried, each for its reason; where
    `only` is given, it is tried on these alone.
    """

    partition: int
    now: datetime
    book: FlowBook
    records: Sequence[Record] = ()
    timers: Sequence[Passage] = ()
    trace: str | None = None
    spoilt: Mapping[str, str] = field(default_factory=dict)
    only: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class SetAside:
    """One person whom a record for many could not be applied to: what takes this person up again, and why."""

    record: Record
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch should change: all of it is committed together with the tickets that it took.

    `people`: how many were decided on by records for many.
    """

    onward: Sequence[Record] = ()
    posted: Sequence[tuple[Service, Record]] = ()
    writes: Sequence[Write] = field(default=())
    aside: Sequence[SetAside] = ()
    people: int = 0


class World(Protocol):
    """All that a batch needs to know, in memory. Deciding does no I/O and may be done again from the start."""

    def decide(self, record: Record) -> None:
        """Take one record into account. A record that raises must leave the world as it was: it gets parked."""
        ...

    def fire(self, timer: Participant) -> None:
        """The timer of this participant has come; the same promise."""
        ...

    def shelve(self, timer: Passage) -> Record:
        """A timer that raises, or can't be read, is disarmed; answers the record that fires it once more, to be
        parked."""
        ...

    def crowd(self, record: Record) -> Sequence[str]:
        """The participants whom a record for many concerns; nobody, where it is not for many."""
        ...

    def outcome(self) -> Outcome: ...


class Handler(Protocol):
    """One service's part of the road. `keeps_time`: whether it has timers to ask for."""

    keeps_time: ClassVar[bool]

    async def load(self, batch: Batch) -> World: ...

    async def timers(self, partition: int, now: datetime, limit: int) -> Sequence[Passage]:
        """What is due in this partition."""
        ...


class KeepsNoTime:
    """For handlers that only take tickets."""

    keeps_time: ClassVar[bool] = False

    async def timers(self, partition: int, now: datetime, limit: int) -> Sequence[Passage]:
        return ()


class HasNoTimers:
    """For the worlds of such handlers."""

    def fire(self, timer: Participant) -> None:
        raise AssertionError(f"no timers here: {timer.id}")

    def shelve(self, timer: Passage) -> Record:
        raise AssertionError(f"no timers here: {timer.id}")

    def crowd(self, record: Record) -> Sequence[str]:
        return ()
