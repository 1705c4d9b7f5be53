"""One turn of deciding: what a single record or timer changes, kept apart until it is known to have gone well."""

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.caps import Cap
from common.domain.company_news import HEARD
from common.domain.contact import Contact
from common.domain.crm_telling import tellings, told
from common.domain.effect import Effect
from common.domain.flow_book import FlowBook
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant
from common.domain.progress import Did, Progress, Told
from common.domain.reassess import address_digest, hold_id
from common.domain.recipient import RecipientStatus
from common.domain.staff import NO_STAFF, Staff
from common.messages.happened import Happened, ParticipantEnrolled, ParticipantSucceeded, StepPassed
from common.messages.record import Record
from common.messages.settled import Settled
from common.ports import Passage
from services.executor.journal import Note, about_flow, followed_by, left, raised_records


@dataclass(frozen=True, slots=True)
class Task:
    """The passages that a life-cycle act concerns, as many as one batch takes; `more`: there may be others."""

    passages: Sequence[Passage]
    more: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for every turn of a batch.

    `blocked`: addresses that refuse mail, by their key; `earlier`: the passages that there were by (contact, flow),
    asked for once-only flows; `caps`: frequency caps over all flows; `staff`: the users whom flows name; `tasks`: by
    the id of the record of a life-cycle act; `trace`: the mark of what timers lead to; `spoilt`: whom no life-cycle
    act is to be tried on, and why; `tells`: whether a CRM outside hears of what is changed here.
    """

    partition: int
    now: datetime
    book: FlowBook
    blocked: Collection[str]
    earlier: Mapping[tuple[str, str], Collection[str]]
    tasks: Mapping[str, Task]
    caps: Sequence[Cap] = ()
    staff: Staff = NO_STAFF
    trace: str | None = None
    spoilt: Mapping[str, str] = field(default_factory=dict)
    tells: bool = False

    def open_flow(self, flow_id: str, run: int) -> OpenFlow | None:
        """The flow, if it is open and still in that run."""
        flow = self.book.get(flow_id)
        return flow if flow is not None and flow.run == run else None


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a message came with its recipient."""

    effect: str
    contact: str
    status: RecipientStatus


@dataclass(frozen=True, slots=True)
class CameBack:
    """An address that refused a mail after all (`permanent`: for good), or `complained` of it."""

    address: str
    reason: str
    permanent: bool
    complained: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact about a contact, with the business time at which it was so."""

    contact: str
    fact: Happened
    at: datetime


@dataclass(slots=True)
class Known:
    """Participants and contacts as they stand after the turns so far; `passages`: ids by contact; `erased`: the
    participants that are no more; `holders`: which participant has an address, by `hold_id`, of those that were asked
    for; `decided`: (record, flow) decided before, asked for what is taken up again; `messages`: effects that readers
    or providers tell of; `followed`: the passages of a contact that an order or sale may follow."""

    participants: dict[str, Participant]
    contacts: dict[str, Contact]
    passages: dict[str, list[str]] = field(default_factory=dict)
    erased: dict[str, Participant] = field(default_factory=dict)
    decided: set[tuple[str, str]] = field(default_factory=set)
    holders: dict[str, str | None] = field(default_factory=dict)
    messages: dict[str, Effect] = field(default_factory=dict)
    followed: dict[str, list[Participant]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    """Of the steps that share among users, as `Staff` has them."""

    def __post_init__(self) -> None:
        for participant in self.participants.values():
            self.passages.setdefault(participant.contact, []).append(participant.id)


@dataclass(slots=True)
class Turn:
    """`cause` is the record, `None` for a timer. Reads see what this turn has changed already."""

    scope: Scope
    known: Known
    cause: Record | None
    participants: dict[str, Participant] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    enrolled: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    raised: list[Record] = field(default_factory=list)
    again: list[Record] = field(default_factory=list)
    back: list[Record] = field(default_factory=list)
    """To the trigger, without being events."""
    settled: list[Settled] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    came_back: list[CameBack] = field(default_factory=list)
    facts: list[Telling] = field(default_factory=list)
    holders: dict[str, str | None] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Flows in which a passage has ended in this turn."""

    @property
    def trace(self) -> str | None:
        """The mark that what follows from this turn carries."""
        return self.cause.trace if self.cause else self.scope.trace

    @property
    def staff(self) -> Staff:
        """The users among whom steps choose, with the turns as this turn has left them."""
        users = self.scope.staff.users
        return Staff(users, ChainMap(self.turns, self.known.turns)) if users else self.scope.staff

    def contact(self, contact_id: str) -> Contact:
        """A contact that was never seen is one without data."""
        found = self.contacts.get(contact_id) or self.known.contacts.get(contact_id)
        return found or Contact(id=contact_id)

    def participant(self, participant_id: str) -> Participant | None:
        return self.participants.get(participant_id) or self.known.participants.get(participant_id)

    def in_use(self, participant: Participant) -> tuple[str, ...]:
        """The digest of the contact's address, if another contact holds it in the same run."""
        address = address_digest(self.contact(participant.contact))
        if address is None:
            return ()
        holder = self._holder(hold_id(participant.flow, participant.run, address))
        return (address,) if holder not in (None, participant.id) else ()

    def let_go(self, participant: Participant) -> None:
        """Whatever address it holds is free."""
        if participant.holds:
            held = hold_id(participant.flow, participant.run, participant.holds)
            if self._holder(held) == participant.id:
                self.holders[held] = None

    def _hold(self, before: Participant, after: Participant) -> None:
        """Only what was asked for can be held: an address that a step has just given the contact is held from its
        next mail on."""
        if before.holds != after.holds:
            self.let_go(before)
        if after.holds:
            held = hold_id(after.flow, after.run, after.holds)
            if held in self.known.holders and self._holder(held) is None:
                self.holders[held] = after.id

    def _holder(self, held: str) -> str | None:
        return self.holders[held] if held in self.holders else self.known.holders.get(held)

    def passages(self, contact_id: str) -> list[Participant]:
        """The contact's passages that are known here, those of this turn's making included, the oldest first."""
        mine = [p for p in self.enrolled if self.participants[p].contact == contact_id]
        found = [self.participant(p) for p in (*self.known.passages.get(contact_id, ()), *mine)]
        return sorted((p for p in found if p is not None), key=lambda p: (p.enrolled_at, p.id))

    def was_inside(self, contact_id: str, flow: str) -> bool:
        """Whether the contact has, or had, a passage in this flow; one removed by hand does not count."""
        earlier = self.scope.earlier.get((contact_id, flow), ())
        return any(passage not in self.known.erased for passage in earlier) or any(
            passage.flow == flow for passage in self.passages(contact_id)
        )

    def active(self, contact_id: str) -> list[Participant]:
        return [participant for participant in self.passages(contact_id) if participant.active]

    def active_in(self, contact_id: str, flow: str, run: int) -> Participant | None:
        inside = (p for p in self.active(contact_id) if p.flow == flow and p.run == run)
        return next(inside, None)

    def concerned(self, contact_id: str, flow: str, run: int) -> Participant | None:
        """Whom news about this contact reaches in the flow: nobody who came in after the event, or by it, where that
        arrives late: taken up again, or by way of the contact's company."""
        inside, cause = self.active_in(contact_id, flow, run), self.cause
        if inside is None or cause is None:
            return inside
        of_company = cause.type in HEARD
        if (cause.again or of_company) and inside.enrolled_at > cause.time:
            return None
        return None if of_company and inside.cause == cause.cause else inside

    def tell(self, contact: str, fact: Happened, at: datetime | None = None) -> None:
        """Reporting is to hear of this; `at`: of now, unless given."""
        self.facts.append(Telling(contact, fact, at or self.scope.now))

    def enrol(self, participant: Participant, note: Note) -> None:
        self.enrolled.append(participant.id)
        self.participants[participant.id] = participant
        self.notes[participant.id] = note
        self.tell(participant.contact, ParticipantEnrolled(**about_flow(participant)))

    def take(self, before: Participant, told: Told) -> None:
        """Take over what a decision made of a participant."""
        after = told.participant
        if after == before and not told.entries:
            return
        self.participants[after.id] = after
        self._hold(before, after)
        if isinstance(told, Progress):
            self._take_consequences(told)
        if after.succeeded_at is not None and before.succeeded_at is None:
            self._tell_of_success(after, told)
        if before.active and not after.active:
            self.tell(after.contact, left(after))
            self.ended.add(after.flow)
        self.notes[after.id] = followed_by(self.notes.get(after.id), after, told)

    def _tell_of_success(self, after: Participant, told: Told) -> None:
        step = next(entry.step for entry in told.entries if entry.did == Did.SUCCEEDED)
        success = ParticipantSucceeded(**about_flow(after), step=step, enrolled_at=after.enrolled_at)
        self.tell(after.contact, success)

    def _take_consequences(self, progress: Progress) -> None:
        contact_id = progress.participant.contact
        if progress.contact is not self.contact(contact_id):
            self.contacts[contact_id] = progress.contact
        cause = self.cause.id if self.cause else progress.participant.cause
        for step in progress.turns:
            self.turns[step] = self.turns.get(step, self.known.turns.get(step, 0)) + 1
        self.effects += (effect.but(trace=self.trace, cause=cause) for effect in progress.effects)
        raised = [record.but(trace=self.trace) for record in self._raised_by(progress)]
        self.raised += raised
        for record in raised:
            self.tell_crm(record, progress.contact)
        about = about_flow(progress.participant)
        for passed in progress.passed:
            fact = StepPassed(
                **about,
                step=passed.step,
                next_step=passed.next_step,
                entered_at=passed.entered_at,
                visit=passed.visit,
            )
            self.tell(contact_id, fact)

    def tell_crm(self, record: Record, contact: Contact) -> None:
        """Of what this event, which began here, has changed."""
        if not self.scope.tells:
            return
        for act in tellings(record.type, record.data, record.changed, contact):
            effect = told(
                record.id,
                act,
                contact.id,
                self.scope.partition,
                cause=record.id,
                depth=record.depth,
                now=self.scope.now,
            )
            self.effects.append(effect.but(trace=self.trace))

    def _raised_by(self, progress: Progress) -> Iterator[Record]:
        return raised_records(progress, self.cause, self.scope.now)
