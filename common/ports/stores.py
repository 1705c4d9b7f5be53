"""What happens to contacts: stores that plan writes for the batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.caps import StoredCaps
from common.domain.contact import Contact
from common.domain.decision import Decision
from common.domain.participant import Participant
from common.domain.participant_filter import EVERYBODY, ParticipantFilter, Place
from common.messages.record import Record
from common.ports.road import Write


class Contacts(Protocol):
    """Contacts by compare-and-set on their revision."""

    async def many(self, ids: Iterable[str]) -> dict[str, Contact]: ...
    async def of_company(self, company: str, after: str, limit: int) -> Sequence[str]:
        """The ids of the contacts of a company, in their order, behind `after`."""
        ...

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

    def complained(self, address: str, *, reason: str, at: datetime) -> Write:
        """Its owner called a mail unwanted: that blocks, too."""
        ...

    def delivered(self, addresses: Iterable[str]) -> Write:
        """Ends their rows of bounces."""
        ...


class HeldAddresses(Protocol):
    """Who may be mailed at an address in a run of a flow: ids are `hold_id` (common.domain.reassess)."""

    async def holders(self, ids: Collection[str]) -> dict[str, str]:
        """The participants that hold these; free ones are left out."""
        ...

    def change(self, released: Mapping[str, str], taken: Mapping[str, str]) -> Sequence[Write]:
        """Let go and take, each by id with its participant; the batch is outrun if another took one first."""
        ...


class OwnerTurns(Protocol):
    """How many contacts each step that shares among users has given away in a partition, by its `turn_key`."""

    async def taken(self, partition: int, steps: Collection[str]) -> Mapping[str, int]:
        """Steps that have given none are left out."""
        ...

    def take(self, partition: int, turns: Mapping[str, int]) -> Sequence[Write]:
        """These are the numbers now."""
        ...


class Caps(Protocol):
    """Frequency caps, as the executor asks for them."""

    async def all(self) -> StoredCaps: ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A participant whose document this release can't read, and why."""

    id: str
    contact: str | None
    why: str


Passage = Participant | Unreadable


class Participants(Protocol):
    """Participants. Only the executor's partition owner writes them."""

    async def active(self, contacts: Iterable[str]) -> Sequence[Participant]: ...
    async def earlier(self, pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], set[str]]:
        """The ids of all passages of these (contact, flow), whatever became of them; none: left out."""
        ...

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Passage]: ...
    async def of_flow(
        self, flow: str, run: int, partition: int, limit: int, *, act: str, held: bool = False
    ) -> Sequence[Passage]:
        """Active participants of one run in one partition, but for those to whom this act could not be applied;
        `held`: only those set aside for the resume."""
        ...

    async def outdated(
        self, flow: str, run: int, partition: int, changed: Mapping[str, int], limit: int, *, act: str
    ) -> Sequence[Passage]:
        """Those of them who stand on one of these steps since a version before the one named."""
        ...

    async def many(self, ids: Iterable[str]) -> Sequence[Participant]: ...
    async def known(self, ids: Iterable[str]) -> set[str]:
        """Those of these ids under which there is a passage."""
        ...

    async def since(self, contacts: Iterable[str], moment: datetime) -> Sequence[Participant]:
        """The passages of these contacts that began then or later, whatever became of them."""
        ...

    async def listed(
        self,
        flow: str,
        wanted: ParticipantFilter = EVERYBODY,
        *,
        contacts: Sequence[str] | None = None,
        after: Place | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Sequence[Participant]:
        """One page of a flow's participants, by when they were enrolled, behind `after`; `contacts`: of these
        alone."""
        ...

    def insert(self, participants: Iterable[Participant]) -> Sequence[Write]: ...
    def save(self, participants: Iterable[Participant], read: Mapping[str, Participant]) -> Sequence[Write]:
        """Write what differs from what was read; equal changes become one operation."""
        ...

    def set_aside(self, unreadable: Mapping[str, str | None]) -> Sequence[Write]:
        """Disarm and hold these, by id with the act that could not be applied, without reading them."""
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


class Happened(Protocol):
    """Archived events, as far as they are kept. Raises `Unavailable`."""

    async def many(self, ids: Iterable[str]) -> dict[str, Record]: ...
    async def last(self, contact: str, event_type: str) -> Record | None:
        """The latest of this type about a contact."""
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
