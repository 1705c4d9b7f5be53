"""What happens to contacts, in memory: what is planned has happened. For flow tests, and for tests of the services.

They hold what the real ones promise: one id once, one active passage for each contact, flow and run.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.bulk import Tally
from common.domain.caps import Cap, StoredCaps
from common.domain.contact import Contact
from common.domain.decision import Decision
from common.domain.effect import Effect
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant
from common.domain.reassess import address_key
from common.domain.recipient import RecipientStatus, before
from common.domain.user import User
from common.messages.record import Record
from common.ports import Write

NOTHING = Write("nowhere", ())
NONE: Sequence[Write] = ()


@dataclass
class MemoryContacts:
    rows: dict[str, Contact] = field(default_factory=dict)

    async def many(self, ids: Iterable[str]) -> dict[str, Contact]:
        return {i: self.rows[i] for i in set(ids) if i in self.rows}

    async def of_company(self, company: str, after: str, limit: int) -> Sequence[str]:
        theirs = (each.id for each in self.rows.values() if each.company and each.company.id == company)
        return sorted(each for each in theirs if each > after)[:limit]

    def save(self, contacts: Iterable[Contact], read: Mapping[str, Contact]) -> Sequence[Write]:
        for contact in contacts:
            stored = self.rows.get(contact.id)
            assert stored == read.get(contact.id), "changed since it was read"
            self.rows[contact.id] = contact.but(revision=stored.revision + 1 if stored else 1)
        return NONE


@dataclass
class MemoryParticipants:
    rows: dict[str, Participant] = field(default_factory=dict)

    async def active(self, contacts: Iterable[str]) -> Sequence[Participant]:
        wanted = set(contacts)
        return [p for p in self.rows.values() if p.active and p.contact in wanted]

    async def earlier(self, pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        wanted = set(pairs)
        for p in self.rows.values():
            if (p.contact, p.flow) in wanted:
                found[p.contact, p.flow].add(p.id)
        return found

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Participant]:
        return [p for p in self.rows.values() if p.due is not None and p.due <= now][:limit]

    async def of_flow(
        self, flow: str, run: int, partition: int, limit: int, *, act: str, held: bool = False
    ) -> Sequence[Participant]:
        inside = self._inside(flow, run, act)
        return [p for p in inside if p.held or not held][:limit]

    async def outdated(
        self, flow: str, run: int, partition: int, changed: Mapping[str, int], limit: int, *, act: str
    ) -> Sequence[Participant]:
        inside = self._inside(flow, run, act)
        return [p for p in inside if p.version < changed.get(p.step, 0)][:limit]

    async def many(self, ids: Iterable[str]) -> Sequence[Participant]:
        return [self.rows[i] for i in set(ids) if i in self.rows]

    async def known(self, ids: Iterable[str]) -> set[str]:
        return set(ids) & self.rows.keys()

    async def since(self, contacts: Iterable[str], moment: datetime) -> Sequence[Participant]:
        wanted = set(contacts)
        return [p for p in self.rows.values() if p.contact in wanted and p.enrolled_at >= moment]

    def insert(self, participants: Iterable[Participant]) -> Sequence[Write]:
        for p in participants:
            assert p.id not in self.rows, "inserted twice"
            self.rows[p.id] = p
        self._check()
        return NONE

    def save(self, participants: Iterable[Participant], read: Mapping[str, Participant]) -> Sequence[Write]:
        for p in participants:
            assert self.rows[p.id] == read[p.id], "changed since it was read"
            self.rows[p.id] = p
        self._check()
        return NONE

    def set_aside(self, unreadable: Mapping[str, str | None]) -> Sequence[Write]:
        assert not unreadable, "rows in memory are participants"
        return NONE

    def _inside(self, flow: str, run: int, act: str) -> list[Participant]:
        inside = [p for p in self.rows.values() if p.active and (p.flow, p.run) == (flow, run)]
        return [p for p in inside if p.failed_act != act]

    def erase(self, participant: Participant) -> Write:
        del self.rows[participant.id]
        return NOTHING

    def _check(self) -> None:
        inside = [(p.contact, p.flow, p.run) for p in self.rows.values() if p.active]
        assert len(inside) == len(set(inside)), "two active passages in one flow"


@dataclass
class MemoryDecisions:
    rows: list[Decision] = field(default_factory=list)

    def insert(self, decisions: Iterable[Decision]) -> Sequence[Write]:
        self.rows += decisions
        ids = [row.id for row in self.rows]
        assert ids == sorted(set(ids)), "ids that do not rise"
        return NONE


@dataclass
class MemoryEffects:
    rows: dict[str, Effect] = field(default_factory=dict)

    def plan(self, effects: Iterable[Effect]) -> Sequence[Write]:
        for effect in effects:
            assert effect.id not in self.rows, "planned twice"
            self.rows[effect.id] = effect
        return NONE

    async def many(self, ids: Iterable[str]) -> Sequence[Effect]:
        return [self.rows[i] for i in set(ids) if i in self.rows]

    def reached(self, effect: str, contact: str, status: RecipientStatus) -> Write:
        row = self.rows.get(effect)
        if row is not None and row.contact == contact and row.recipient in (None, *before(status)):
            self.rows[effect] = row.but(recipient=status)
        return NOTHING


@dataclass
class MemoryArchive:
    rows: dict[str, Record] = field(default_factory=dict)

    def raised(self, records: Iterable[Record]) -> Sequence[Write]:
        for record in records:
            assert record.id not in self.rows, "archived twice"
            self.rows[record.id] = record
        return NONE


@dataclass
class MemoryAddresses:
    blocking: set[str] = field(default_factory=set)
    bounces: list[tuple[str, bool]] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)

    async def blocked(self, addresses: Iterable[str]) -> set[str]:
        return {address_key(address) for address in addresses} & self.blocking

    def bounced(self, address: str, *, permanent: bool, reason: str, at: datetime) -> Write:
        self.bounces.append((address, permanent))
        return NOTHING

    def complained(self, address: str, *, reason: str, at: datetime) -> Write:
        self.blocking.add(address_key(address))
        return NOTHING

    def delivered(self, addresses: Iterable[str]) -> Write:
        self.reached |= set(addresses)
        return NOTHING


@dataclass
class MemoryHeldAddresses:
    rows: dict[str, str] = field(default_factory=dict)

    async def holders(self, ids: Collection[str]) -> dict[str, str]:
        return {i: self.rows[i] for i in ids if i in self.rows}

    def change(self, released: Mapping[str, str], taken: Mapping[str, str]) -> Sequence[Write]:
        for held, who in released.items():
            assert self.rows.pop(held) == who, "let go by another"
        for held, who in taken.items():
            assert self.rows.setdefault(held, who) == who, "held twice"
        return NONE


@dataclass
class MemoryOwnerTurns:
    """Of the one partition that there is."""

    rows: dict[str, int] = field(default_factory=dict)

    async def taken(self, partition: int, steps: Collection[str]) -> Mapping[str, int]:
        return {step: self.rows[step] for step in steps if step in self.rows}

    def take(self, partition: int, turns: Mapping[str, int]) -> Sequence[Write]:
        self.rows |= turns
        return NONE


@dataclass
class MemoryCaps:
    caps: list[Cap] = field(default_factory=list)

    async def all(self) -> StoredCaps:
        return StoredCaps(caps=self.caps)


@dataclass
class MemoryVersions:
    """Frozen versions by (flow, version, run), as the cache of flows answers them."""

    rows: dict[tuple[str, int, int], OpenFlow] = field(default_factory=dict)

    async def versions(
        self, named: Collection[tuple[str, int, int]]
    ) -> Mapping[tuple[str, int, int], OpenFlow]:
        return {key: self.rows[key] for key in named if key in self.rows}


@dataclass
class MemoryUsers:
    """Everybody who is named is there and available; groups are empty."""

    at: datetime

    async def many(self, ids: Iterable[str]) -> Mapping[str, User]:
        return {each: User(id=each, name=each, created_at=self.at, updated_at=self.at) for each in ids}

    async def of_groups(self, groups: Iterable[str]) -> Sequence[User]:
        return ()


class MemoryBulks:
    """There are none."""

    async def share(self, bulk: str, partition: int) -> None:
        return None

    def tallied(self, partition: int, decided: Mapping[str, Tally]) -> Sequence[Write]:
        assert not decided
        return NONE
