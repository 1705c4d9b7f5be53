"""WHAT: one batch, decided in memory turn by turn; what is to be written is worked out at the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from common.domain.decision import Decision
from common.domain.effect import Effect, EffectState
from common.domain.event import TIMER_FIRED
from common.domain.ids import digest
from common.domain.participant import Participant
from common.messages.happened import to_record
from common.messages.record import Record
from common.messages.settled import Settled
from common.messages.topology import Service
from common.ports import (
    Addresses,
    Archive,
    Bulks,
    Caps,
    Contacts,
    Decisions,
    Effects,
    HeldAddresses,
    OwnerTurns,
    Participants,
    Passage,
    Unreadable,
    Users,
    Write,
)
from common.runtime.decision import error_of
from common.runtime.effect_outcomes import joined
from common.runtime.handler import Outcome, SetAside
from services.executor.apply import apply_event, fire
from services.executor.bulk_count import BulkCount
from services.executor.operations import ACTS, OPERATIONS
from services.executor.turn import CameBack, Known, Reached, Scope, Turn


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the executor reads, and who plans its writes."""

    participants: Participants
    contacts: Contacts
    decisions: Decisions
    effects: Effects
    archive: Archive
    addresses: Addresses
    held: HeldAddresses
    turns: OwnerTurns
    bulks: Bulks
    caps: Caps
    users: Users


class ExecutorWorld:
    """`known` is taken over and changed; `new_id` gives the ids of decisions, each higher than the last."""

    def __init__(self, scope: Scope, known: Known, stores: Stores, new_id: Callable[[], str]) -> None:
        self._scope = scope
        self._known = known
        self._stores = stores
        self._new_id = new_id
        self._read_participants = dict(known.participants)
        self._read_contacts = dict(known.contacts)
        self._read_holders = dict(known.holders)
        self._read_turns = dict(known.turns)
        self._effects: list[Effect] = []
        self._raised: list[Record] = []
        self._again: list[Record] = []
        self._back: list[Record] = []
        self._bulk = BulkCount()
        self._settled: list[Settled] = []
        self._reached: list[Reached] = []
        self._came_back: list[CameBack] = []
        self._told: list[Record] = []
        self._decisions: list[Decision] = []
        self._aside: list[SetAside] = []
        self._unreadable: dict[str, str | None] = {}
        self._people = 0

    def decide(self, record: Record) -> None:
        """One event or operation; raises without having changed anything."""
        if act := ACTS.get(record.type):
            self._apply_to_each(record, act)
            return
        turn = Turn(self._scope, self._known, record)
        OPERATIONS.get(record.type, apply_event)(turn, record)
        self._absorb(turn)

    def _apply_to_each(self, record: Record, act: Callable[[Turn, Participant], None]) -> None:
        """A life-cycle act: for each a turn of its own, so that one who can't be handled holds up nobody. The record
        comes again until nobody is left but those set aside."""
        task = self._scope.tasks[record.id]
        for passage in task.passages:
            if why := self._trouble(record, act, passage):
                self._aside.append(SetAside(self._hold(passage, record.id), why))
        self._people += len(task.passages)
        if task.more:
            self._again.append(record)

    def _trouble(
        self, record: Record, act: Callable[[Turn, Participant], None], passage: Passage
    ) -> str | None:
        """Why the act could not be applied; a turn before this one may have moved the participant."""
        if isinstance(passage, Unreadable):
            return passage.why
        if why := self._scope.spoilt.get(passage.id):
            return why
        turn = Turn(self._scope, self._known, record)
        if why := error_of(partial(act, turn), turn.participant(passage.id) or passage):
            return why
        self._absorb(turn)
        return None

    def fire(self, timer: Participant) -> None:
        """The timer of this participant has come; the same promise."""
        turn = Turn(self._scope, self._known, None)
        fire(turn, turn.participant(timer.id) or timer)
        self._absorb(turn)

    def shelve(self, timer: Passage) -> Record:
        """Its timer can't be handled: disarm it, so that it holds up nobody. Answers what fires it once more."""
        return self._hold(timer)

    def _hold(self, passage: Passage, act: str | None = None) -> Record:
        """Disarmed and held, out of reach of this act; answers what takes it up again."""
        if isinstance(passage, Unreadable):
            self._unreadable[passage.id] = act
        else:
            standing = self._known.participants.get(passage.id, passage)
            self._known.participants[passage.id] = standing.but(due=None, held=True, failed_act=act)
        return Record(
            id=digest("set aside", passage.id, act or "", self._scope.now.isoformat()),
            type=TIMER_FIRED,
            source="headrace/executor",
            contact=passage.contact,
            time=self._scope.now,
            data={"participant": passage.id},
        )

    def crowd(self, record: Record) -> Sequence[str]:
        """Whom a life-cycle act is applied to."""
        task = self._scope.tasks.get(record.id)
        return [passage.id for passage in task.passages] if task else ()

    def outcome(self) -> Outcome:
        posted = [(Service.TRIGGER, record) for record in self._raised]
        posted += [(Service.TRIGGER, record) for record in self._back]
        posted += [(Service.EXECUTOR, record) for record in self._again]
        return Outcome(
            onward=self._told,
            posted=posted,
            writes=self._writes(),
            aside=self._aside,
            people=self._people,
        )

    def _absorb(self, turn: Turn) -> None:
        known = self._known
        known.holders.update(turn.holders)
        known.turns.update(turn.turns)
        known.participants.update(turn.participants)
        known.contacts.update(turn.contacts)
        for participant_id in turn.enrolled:
            known.passages.setdefault(turn.participants[participant_id].contact, []).append(participant_id)
        for participant_id in turn.erased:
            known.erased[participant_id] = known.participants.pop(participant_id)
        self._effects += turn.effects
        self._raised += turn.raised
        self._again += turn.again
        self._back += turn.back
        self._bulk.count(turn)
        self._settled += turn.settled
        self._reached += turn.reached
        self._came_back += turn.came_back
        if turn.cause and turn.cause.again:
            known.decided.update((turn.cause.id, note.flow) for note in turn.notes.values())
        self._note(turn)

    def _note(self, turn: Turn) -> None:
        """The rows that explain, and the facts for reporting; a timer's facts are named by their row."""
        now = self._scope.now
        rows = [note.row(self._new_id(), now, turn.cause) for note in turn.notes.values()]
        self._decisions += rows
        cause = turn.cause.id if turn.cause else "".join(row.id for row in rows[:1])
        self._told += [to_record(t.fact, t.contact, t.at, cause, turn.trace) for t in turn.facts]

    def _writes(self) -> list[Write]:
        """Those who left are written before newcomers: nobody is in a flow twice, not even for a moment."""
        stores = self._stores
        participants = self._known.participants
        read = self._read_participants
        new = [p for p in participants.values() if p.id not in read]
        changed = [p for p in participants.values() if p.id in read and p is not read[p.id]]
        contacts = [c for c in self._known.contacts.values() if c is not self._read_contacts.get(c.id)]
        erased = [stores.participants.erase(p) for p in self._known.erased.values() if p.id in read]
        return [
            *stores.participants.save(changed, read),
            *stores.participants.set_aside(self._unreadable),
            *erased,
            *stores.participants.insert(new),
            *stores.contacts.save(contacts, self._read_contacts),
            *stores.effects.plan(self._effects),
            *joined(stores.effects.reached(each.effect, each.contact, each.status) for each in self._reached),
            *stores.archive.raised(self._raised),
            *stores.decisions.insert(self._decisions),
            *self._address_writes(),
            *self._held_writes(),
            *self._turn_writes(),
            *stores.bulks.tallied(self._scope.partition, self._bulk.tallies),
        ]

    def _turn_writes(self) -> Sequence[Write]:
        read = self._read_turns
        taken = {step: turn for step, turn in self._known.turns.items() if turn != read.get(step)}
        return self._stores.turns.take(self._scope.partition, taken)

    def _held_writes(self) -> Sequence[Write]:
        before, after = self._read_holders, self._known.holders
        changed = {held for held, who in after.items() if who != before.get(held)}
        released = {held: who for held in changed if (who := before.get(held))}
        taken = {held: who for held in changed if (who := after[held])}
        return self._stores.held.change(released, taken)

    def _address_writes(self) -> list[Write]:
        """Bounces count against an address, and a delivery ends a row of them."""
        addresses = self._stores.addresses
        writes = [
            addresses.bounced(
                settled.address, permanent=settled.permanent, reason=settled.reason or "", at=self._scope.now
            )
            for settled in self._settled
            if settled.bounced and settled.address
        ]
        writes += [
            addresses.complained(each.address, reason=each.reason, at=self._scope.now)
            if each.complained
            else addresses.bounced(
                each.address, permanent=each.permanent, reason=each.reason, at=self._scope.now
            )
            for each in self._came_back
        ]
        delivered = {s.address for s in self._settled if s.state is EffectState.DONE and s.address}
        return [*writes, addresses.delivered(delivered)] if delivered else writes
