"""What the engine asks of the world outside: protocols, and the values that cross them.

Stores *plan* writes (`Write`), and only `Batches.commit` makes them happen, all or none.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from common.domain.access import ApiKey
from common.domain.clock import ClockSetting
from common.domain.contact import Contact
from common.domain.content import ContentVersion, EmailContent
from common.domain.decision import Decision
from common.domain.delivery import Delivery as MessageDelivery
from common.domain.effect import Effect, EffectState
from common.domain.figures import CountedMessage, FlowDay, MessageDay, Tally
from common.domain.flow import Flow, FlowVersion, StoredFlow
from common.domain.flow_book import FlowBook
from common.domain.participant import Participant
from common.domain.reasons import FlowState, Status
from common.domain.selection import Selection, SelectionData
from common.messages.happened import Happened
from common.messages.outside import OutsideEvent
from common.messages.record import Record
from common.messages.ticket import Ticket
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


class Clock(Protocol):
    """Business time."""

    async def now(self) -> datetime:
        """Read afresh in step mode; computed from the last reading otherwise."""
        ...

    async def read(self) -> ClockSetting: ...

    async def set(self, setting: ClockSetting) -> None: ...

    async def move_to(self, business: datetime) -> None:
        """In step mode, forward to a point in time; never back."""
        ...


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to do at one moment: something that waits, in words; else the first timer of all."""

    waiting: str | None = None
    next_due: datetime | None = None

    def at(self, now: datetime) -> str | None:
        """What keeps this from being drained at `now`, or `None`."""
        if self.waiting is None and self.next_due is not None and self.next_due <= now:
            return f"a timer due at {self.next_due.isoformat()}"
        return self.waiting


class Drained(Protocol):
    async def look(self) -> Left:
        """One consistent look. Effects of paused flows don't count: they wait for the resume."""
        ...


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
    def ticket(self) -> Ticket: ...
    async def settle(self) -> None: ...


class Flows(Protocol):
    """Flows and their frozen versions."""

    async def book(self) -> FlowBook:
        """All running and paused flows, compiled, with the highest epoch among all flows."""
        ...

    async def epoch(self) -> int: ...
    async def get(self, flow: str) -> StoredFlow | None: ...
    async def version(self, flow: str, version: int) -> FlowVersion | None: ...


@dataclass(frozen=True, slots=True)
class FlowSummary:
    """One line in a list of flows."""

    id: str
    name: str
    description: str
    folder: str
    owner: str
    state: FlowState
    version: int
    run: int
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class UnfinishedAct:
    """A life-cycle act that is committed, but not known to have reached every partition.

    `announce`: the type of the record that the executor's partitions still need, if any.
    """

    flow: str
    run: int
    epoch: int
    announce: str | None


ActAt = Callable[[int], tuple[StoredFlow, FlowVersion | None]]
"""Given the act's epoch: the flow after it, and the version that it froze."""


class FlowDesigns(Flows, Protocol):
    """The studio's side of flows. What changes one compares its revision; `None` and `False` mean: outrun."""

    async def create(self, flow: str, draft: Flow, *, at: datetime, by: str) -> StoredFlow | None:
        """`None` when there is one. A deleted flow's id may be used again; its counts go on."""
        ...

    async def save(self, stored: StoredFlow, *, read: int) -> bool:
        """Replace the flow if it still has the revision `read`."""
        ...

    async def act(self, before: StoredFlow, change: ActAt, announce: str | None) -> StoredFlow | None:
        """A life-cycle act in one transaction, under the next epoch; unfinished until `finish`."""
        ...

    async def unfinished(self, *, older: float = 0, flow: str | None = None) -> Sequence[UnfinishedAct]:
        """Acts (of one flow, or all) that were committed more than so many seconds ago and never finished."""
        ...

    async def finish(self, act: UnfinishedAct) -> None: ...

    async def delete(self, stored: StoredFlow) -> bool: ...

    async def search(
        self, *, text: str = "", state: FlowState | None = None, after: str | None = None, limit: int = 50
    ) -> Sequence[FlowSummary]:
        """One page in the order of ids, behind `after`; `text` is looked for in id, name and description."""
        ...

    async def ids(self) -> set[str]: ...

    async def running_with(self, content: str) -> Sequence[str]:
        """The running flows whose frozen version uses this content."""
        ...


class Contents(Protocol):
    """Contents, immutable by version; the highest is the one that the next run freezes."""

    async def version(self, content: str, version: int) -> ContentVersion | None: ...
    async def latest(self, content: str) -> ContentVersion | None: ...
    async def heads(self) -> dict[str, int]:
        """Every content's highest version."""
        ...

    async def add(
        self, content: str, version: int, body: EmailContent, *, at: datetime
    ) -> ContentVersion | None:
        """`None` when that version is there already."""
        ...


class Selections(Protocol):
    """Selections by name; who is on them is a field of the contact."""

    async def get(self, selection: str) -> Selection | None: ...
    async def all(self) -> Sequence[Selection]: ...
    async def create(self, selection: str, data: SelectionData, *, at: datetime) -> Selection | None:
        """`None` when there is one."""
        ...

    async def save(self, selection: Selection, *, read: int) -> bool:
        """Replace it if it still has the revision `read`."""
        ...


class Keys(Protocol):
    """API keys, found by the SHA-256 of their secret."""

    async def find(self, sha256: str) -> ApiKey | None: ...
    async def all(self) -> Sequence[ApiKey]: ...
    async def add(self, key: ApiKey) -> None: ...
    async def remove(self, key: str) -> bool: ...


class Contacts(Protocol):
    """Contacts by compare-and-set on their revision."""

    async def many(self, ids: Iterable[str]) -> dict[str, Contact]: ...
    def save(self, contacts: Iterable[Contact], read: Mapping[str, Contact]) -> Sequence[Write]:
        """Insert those not in `read`, change the others if they still have the revision that was read."""
        ...


class Addresses(Protocol):
    """E-mail addresses that refused mail: bounces in a row, and blocks. Keyed by the folded address."""

    async def blocked(self, addresses: Iterable[str]) -> set[str]:
        """Which of these are blocked, by their `address_key` (common.domain.reassess)."""
        ...

    def bounced(self, address: str, *, permanent: bool, reason: str, at: datetime) -> Write:
        """One more bounce; a permanent one, or the fifth in a row, blocks."""
        ...

    def delivered(self, addresses: Iterable[str]) -> Write:
        """Ends their rows of bounces."""
        ...


class Participants(Protocol):
    """Participants. Only the executor's partition owner writes them."""

    async def active(self, contacts: Iterable[str]) -> Sequence[Participant]: ...
    async def earlier(self, pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], set[str]]:
        """The ids of all passages of these (contact, flow), whatever became of them; none: left out."""
        ...

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Participant]: ...
    async def of_flow(
        self, flow: str, run: int, partition: int, limit: int, *, held: bool = False
    ) -> Sequence[Participant]:
        """Active participants of one run in one partition; `held`: only those set aside for the resume."""
        ...

    async def many(self, ids: Iterable[str]) -> Sequence[Participant]: ...
    async def listed(
        self, flow: str, *, status: Status | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[Participant]:
        """One page of a flow's participants, in the order of their ids, behind `after`."""
        ...

    def insert(self, participants: Iterable[Participant]) -> Sequence[Write]: ...
    def save(self, participants: Iterable[Participant], read: Mapping[str, Participant]) -> Sequence[Write]:
        """Write what differs from what was read; equal changes become one operation."""
        ...

    def erase(self, participant: Participant) -> Write: ...


class Decisions(Protocol):
    def insert(self, decisions: Iterable[Decision]) -> Sequence[Write]: ...
    async def decided(self, records: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """For these (contact, record), the (record, flow) that were decided; at least one must be asked for."""
        ...

    async def about(self, contact: str, flow: str | None) -> Sequence[Decision]:
        """In the order in which they were made."""
        ...


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing that happened, as reporting keeps it; `at` is business time."""

    id: str
    contact: str | None
    at: datetime
    partition: int
    fact: Happened


@dataclass(frozen=True, slots=True)
class FlowTallies:
    """Counts of one flow: in all, by day (days on which nothing was counted are missing), and its messages by
    (channel, content)."""

    total: Tally
    days: Mapping[date, Tally]
    messages: Mapping[tuple[str, str], Tally]


class Reports(Protocol):
    """What happened, and how often. Only reporting's partition owner writes, its own rows of counts."""

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Which of these facts are kept already."""
        ...

    async def messages(self, effects: Collection[str]) -> Mapping[str, CountedMessage]:
        """How these messages are counted, by effect; those never told of are missing."""
        ...

    def keep(self, rows: Iterable[FactRow]) -> Sequence[Write]: ...

    def add(self, partition: int, counts: Mapping[FlowDay | MessageDay, Tally]) -> Sequence[Write]:
        """Add these (less, where negative) to the partition's rows."""
        ...

    async def has(self, flow: str) -> bool:
        """Whether anything was ever counted for this flow."""
        ...

    async def flow(self, flow: str, run: int | None, first: date, last: date) -> FlowTallies:
        """All sums as of one moment, over all runs if `run` is `None`; days from `first` to `last`, both
        included."""
        ...

    async def flows(self, after: str | None, limit: int) -> Sequence[str]:
        """Ids of flows for which anything was counted, in order, behind `after`."""
        ...

    async def totals(self, flows: Sequence[str]) -> Mapping[str, Tally]:
        """Sums over all runs and days, for those of these flows that have any."""
        ...


class Archive(Protocol):
    """Events as they came (collection `events`)."""

    async def accept(self, records: Sequence[Record]) -> Sequence[bool]:
        """Archive and ticket these with majority and journal; `False` marks a repeat. Raises `Unavailable`."""
        ...

    def raised(self, records: Iterable[Record]) -> Sequence[Write]:
        """Archive events that a flow raised, in the batch's transaction."""
        ...

    async def many(self, ids: Iterable[str]) -> dict[str, Record]: ...


class Effects(Protocol):
    """The ledger. Each change of state is guarded by the state and the token before it; leases and delays run
    on the database's clock."""

    def plan(self, effects: Iterable[Effect]) -> Sequence[Write]: ...

    async def claim(
        self, partition: int, limit: int, *, token: str, lease: timedelta, without_flows: Collection[str]
    ) -> Sequence[Effect]:
        """Take planned effects whose time has come, an equal share for each flow that has any."""
        ...

    async def release(self, ids: Sequence[str], token: str, delay: timedelta = timedelta()) -> None:
        """Back to planned, for `delay` at least: nothing has left, so the attempt doesn't count."""
        ...

    def mark_sending(self, ids: Sequence[str], token: str, lease: timedelta) -> Write: ...

    def settle(
        self, effect: str, token: str, state: EffectState, *, reason: str | None, at: datetime
    ) -> Write:
        """The end of an effect under its token, be it claimed, sending or in doubt."""
        ...

    def put_off(self, effect: str, token: str, delay: timedelta, *, reason: str) -> Write:
        """From sending back to planned, for a later try; the attempt counts."""
        ...

    async def release_expired(self, partition: int) -> int:
        """Claims whose lease ran out back to planned; how many."""
        ...

    async def expired_sending(self, partition: int, limit: int) -> Sequence[Effect]: ...

    def doubt(self, ids: Sequence[str]) -> Write:
        """Sending ones whose lease ran out become in doubt; they keep their token."""
        ...

    async def many(self, ids: Iterable[str]) -> Sequence[Effect]: ...
    async def in_doubt(self, limit: int) -> Sequence[Effect]: ...
    async def counts(self) -> Mapping[EffectState, int]: ...


class Slots(Protocol):
    """The right to have messages on the wire: one for each connection, shared by all senders."""

    async def take(self, most: int) -> int:
        """Wait for a free one and take up to `most`; answers how many."""
        ...

    def give_back(self, count: int) -> None: ...


class Message(Protocol):
    """One prepared message, bound to its channel."""

    async def send(self) -> MessageDelivery:
        """Hand it over; takes no longer than the channel's `timeout`, raises nothing expected."""
        ...


class Channel(Protocol):
    """A way to a contact, such as e-mail: one file each."""

    name: str
    timeout: float
    """Hard limit of one `send`, in seconds."""

    @property
    def slots(self) -> Slots: ...

    async def prepare(self, effect: Effect, flow: Flow, contact: Contact, now: datetime) -> Message:
        """Build the message for this contact; raises `Unsendable` when it can't be built at all."""
        ...


class Mailer(Protocol):
    """Sends one message to one recipient.

    Raises `MailRefused` when the server says no, `MailUnavailable` while nothing can have left, and
    `MailUncertain` when the message was on its way and no answer came.
    """

    async def send(self, message: bytes, sender: str, recipient: str) -> None: ...


class Unavailable(Exception):
    """The infrastructure can't take this now; nothing was kept. Try again after `retry_after` seconds."""

    def __init__(self, what: str, retry_after: int = 1) -> None:
        super().__init__(f"{what} is not available; try again in {retry_after} s")
        self.what = what
        self.retry_after = retry_after


class Unstorable(Exception):
    """The data of a batch can't be stored as it is; trying again won't help."""


class Unsendable(Exception):
    """No message can be made of this effect, whenever it is tried; the text says why."""


class MailRefused(Exception):
    """The server refused this message for good, or (`permanent` false) for now.

    `of_address`: it is the recipient's address that it refused.
    """

    def __init__(self, code: int, text: str, *, permanent: bool, of_address: bool) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.permanent = permanent
        self.of_address = of_address


class MailUnavailable(Exception):
    """No connection, and nothing of the message had left."""


class MailUncertain(Exception):
    """The connection broke, or time ran out, after the message went out and before the server answered."""
