"""The road: what a batch commits, who owns a partition, how tickets come."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from common.messages.outside import OutsideEvent
from common.messages.record import Record
from common.messages.ticket import Sealed, Ticket
from common.messages.topology import Service


@dataclass(frozen=True, slots=True)
class Write:
    """Planned changes to one collection, opaque to all but the store that planned them and the batch.

    `matches`: how many documents these operations must match; fewer means that somebody else was first.
    """

    collection: str
    operations: Sequence[Any]
    matches: int | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """The right to commit for one partition: the owner's token, and the epoch of the flows it decided by."""

    service: Service
    partition: int
    token: int
    epoch: int


class Committed(StrEnum):
    """How a batch ended. Anything but `DONE` left nothing behind."""

    DONE = "done"
    FENCED = "fenced"
    """Another owner has the partition, or a life-cycle act came between: look again, decide again."""
    REPEATED = "repeated"
    """A ticket was gone already."""
    OUTRUN = "outrun"
    """A document had changed since it was read: decide again."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A record whose handling raised, with its error; kept until somebody looks."""

    service: Service
    partition: int
    record: Record
    error: str


@dataclass(frozen=True, slots=True)
class Commit:
    """All that one batch does, in one transaction."""

    guard: Guard | None = None
    """`None`: the writes carry guards of their own (`Write.matches`)."""
    tickets: Sequence[Ticket] = ()
    """Taken from `work`; each must still be there."""
    applied: int | None = None
    """The number of the last numbered ticket in the batch."""
    onward: Sequence[Record] = ()
    """To the next service, in one numbered ticket."""
    posted: Sequence[tuple[Service, Record]] = ()
    """Unnumbered: to that service's partition of the record's contact; without a contact, to the guard's."""
    writes: Sequence[Write] = ()
    parked: Sequence[Parked] = ()
    last: datetime | None = None
    """The latest business time by which anything in the batch was decided."""


@dataclass(frozen=True, slots=True)
class CommitResult:
    outcome: Committed
    sent: Sequence[Ticket] = field(default=())
    """The tickets that are now in `work`, for the courier."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """One partition in this process's hands. `applied`: last numbered ticket; `last`: last recorded time."""

    service: Service
    partition: int
    token: int
    epoch: int
    applied: int
    last: datetime | None


class Batches(Protocol):
    """The one transaction. Committed tickets are announced (bell and courier) by itself."""

    async def commit(self, commit: Commit) -> CommitResult:
        """Raises `Unavailable` when nothing was kept, `Unstorable` when the data itself can't be stored."""
        ...

    async def rehearse(self, commit: Commit) -> Committed:
        """How `commit` would end, and what it would raise; keeps nothing."""
        ...

    async def post_to_all(self, service: Service, record: Record) -> None:
        """One unnumbered ticket with this record for each of the service's partitions."""
        ...


@dataclass(frozen=True, slots=True)
class Backlog:
    """Tickets that wait for one partition, and the age of the oldest."""

    tickets: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Troubles:
    """How much waits for a person: parked records by service, messages in doubt by channel, refused messages by the
    way on which they came."""

    parked: Mapping[str, int]
    doubts: Mapping[str, int]
    refused: Mapping[str, int]


class Work(Protocol):
    """The tickets that wait (collection `work`)."""

    async def waiting_for(self, service: Service, partition: int, records: int) -> Sequence[Ticket]:
        """The oldest waiting tickets, unnumbered ones first, then numbered ones in order, until they hold this
        many records or a frame's bytes. Nothing is locked."""
        ...

    async def still_there(self, ids: Iterable[str]) -> set[str]:
        """Which of these tickets still wait."""
        ...

    async def waiting(self) -> Mapping[tuple[Service, int], int]: ...

    async def backlog(self, services: Collection[Service]) -> Mapping[tuple[Service, int], Backlog]:
        """What waits for these services; partitions for which nothing waits are left out."""
        ...


class Partitions(Protocol):
    """Who owns what (collection `partitions`), and who is alive (collection `members`)."""

    async def ensure(self, count: int) -> int:
        """Create the rows at installation; answers the count that is in force."""
        ...

    async def beat(self, member: str, services: Collection[Service], lease: float) -> None: ...
    async def leave(self, member: str) -> None: ...
    async def bury(self) -> None:
        """Forget members whose lease ran out, and end what they left half done in the database."""
        ...

    async def live(self, service: Service) -> Sequence[str]: ...
    async def acquire(self, service: Service, partition: int, member: str) -> Ownership | None:
        """Take the partition if its owner is gone; the token rises. `None`: somebody alive has it."""
        ...

    async def owned_by(self, member: str) -> Sequence[Ownership]:
        """What is in this member's name."""
        ...

    async def look(self, service: Service, partition: int) -> tuple[int, int]:
        """(token, epoch) as they stand."""
        ...

    async def release(self, service: Service, partition: int, token: int) -> None: ...
    async def raise_epoch(self, epoch: int) -> None:
        """Raise every fenced partition's epoch to at least this, one by one."""
        ...


class Courier(Protocol):
    """The fast path: copies of committed tickets over the bus. May lose any of them."""

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """Hand over copies; never blocks, never raises, drops when full or disconnected."""
        ...

    def connected(self) -> bool: ...

    def consume(self, service: Service, partition: int) -> AsyncIterator["Delivery"]: ...


class OutsideEvents(Protocol):
    """The way to other systems."""

    async def tell(self, events: Sequence[OutsideEvent]) -> None:
        """Comes back when all are told. Raises `Unavailable` if any may not be; the others may have been."""
        ...


class Delivery(Protocol):
    """A copy that arrived. Unsettled ones hold back the bus (prefetch)."""

    @property
    def sealed(self) -> Sealed: ...
    async def settle(self) -> None: ...
