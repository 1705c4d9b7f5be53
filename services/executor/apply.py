"""What an event does: timers due at or before it, success criteria, actions that waits listen for, admissions,
in this order (architecture.md §1)."""

from dataclasses import replace
from datetime import datetime

from common.domain import advance
from common.domain.admit import Candidate, Enrol, History, Refuse, Ruling, admit
from common.domain.conditions import Seen
from common.domain.conditions import Verdict as Judged
from common.domain.contact_events import by_bot
from common.domain.crm_telling import is_told
from common.domain.decision import Verdict
from common.domain.event import LINK_CLICKED, MAIL_BOUNCED, MAIL_COMPLAINED, MAIL_OPENED
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant, Slot, kept_data
from common.domain.reasons import DropOut, Refusal
from common.domain.recipient import RecipientStatus
from common.messages.following import ABOUT_MESSAGES, EARNINGS, earned
from common.messages.happened import SuggestionRefused
from common.messages.record import Finding, Heard, Record, Suggestion
from services.executor.journal import Note, about
from services.executor.telling import tell_of_message
from services.executor.turn import CameBack, Reached, Turn

READ = {MAIL_OPENED: RecipientStatus.OPENED, LINK_CLICKED: RecipientStatus.CLICKED}
"""What readers do with a message, and what it is to them then."""

REFUSED = {MAIL_BOUNCED: RecipientStatus.BOUNCED, MAIL_COMPLAINED: RecipientStatus.COMPLAINED}


def apply_event(turn: Turn, record: Record) -> None:
    """Everything that one record of the road means to its contact's passages."""
    assert record.contact is not None, "only records about a contact travel the road"
    note_reader(turn, record, record.contact)
    note_refusal(turn, record, record.contact)
    tell_of_it(turn, record, record.contact)
    if not record.applied and is_told(record.type, record.source, record.changed):
        turn.tell_crm(record, turn.contact(record.contact))
    if by_bot(record.type, record.data):
        return
    fire_until(turn, record.contact, record.time)
    turn.ended.clear()  # what a timer ended was over before this event
    for finding in record.findings.criteria:
        succeed(turn, record.contact, finding)
    for heard in record.heard:
        hear(turn, record, record.contact, heard)
    for suggestion in record.suggestions:
        if (record.id, suggestion.flow) not in turn.known.decided:
            suggest(turn, record, record.contact, suggestion)


def note_reader(turn: Turn, record: Record, contact_id: str) -> None:
    """A message was opened, or a link in it followed: shown as its status."""
    status = None if by_bot(record.type, record.data) else READ.get(record.type)
    effect = record.data.get("effect")
    if status is not None and isinstance(effect, str):
        turn.reached.append(Reached(effect, contact_id, status))


def note_refusal(turn: Turn, record: Record, contact_id: str) -> None:
    """A mail came back later, or was complained of: it counts against the address."""
    if record.type not in REFUSED:
        return
    data = record.data
    complained, permanent = record.type == MAIL_COMPLAINED, data.get("permanent") is True
    if address := data.get("email") or turn.contact(contact_id).email:
        turn.came_back.append(CameBack(address, data.get("reason", ""), permanent, complained))
    if isinstance(effect := data.get("effect"), str):
        turn.reached.append(Reached(effect, contact_id, REFUSED[record.type]))


def tell_of_it(turn: Turn, record: Record, contact_id: str) -> None:
    """Reporting hears of what readers did, of what came back, and of orders and sales that follow enrolments."""
    if record.type in ABOUT_MESSAGES:
        tell_of_message(turn, record)
    if record.type in EARNINGS:
        kept = (p for p in turn.known.followed.get(contact_id, ()) if p.id not in turn.known.erased)
        for fact in earned(record, kept):
            turn.tell(contact_id, fact, record.time)


def fire_until(turn: Turn, contact_id: str, until: datetime) -> None:
    """Timers of this contact that are due at or before this time, and those that they lead to."""
    while due := [p for p in turn.active(contact_id) if p.due is not None and p.due <= until]:
        for participant in due:
            fire(turn, participant)


def fire(turn: Turn, participant: Participant) -> None:
    """A flow that is not open any more has ended: whoever is left in it is cancelled."""
    scope = turn.scope
    flow = scope.open_flow(participant.flow, participant.run)
    if flow is None:
        turn.take(participant, advance.cancel(participant, scope.now))
        return
    contact = turn.contact(participant.contact)
    turn.take(
        participant,
        advance.fire(
            participant,
            contact,
            flow,
            scope.now,
            scope.blocked,
            turn.in_use(participant),
            scope.caps,
            turn.staff,
        ),
    )


def succeed(turn: Turn, contact_id: str, finding: Finding) -> None:
    scope = turn.scope
    participant = turn.concerned(contact_id, finding.flow, finding.run)
    flow = scope.open_flow(finding.flow, finding.run)
    if participant is None or flow is None:
        return
    met = Judged(holds=True, seen=finding.seen)
    contact = turn.contact(contact_id)
    told = advance.succeed(
        participant,
        contact,
        flow,
        scope.now,
        scope.blocked,
        met,
        turn.in_use(participant),
        scope.caps,
        turn.staff,
    )
    turn.take(participant, told)


def hear(turn: Turn, record: Record, contact_id: str, heard: Heard) -> None:
    scope = turn.scope
    participant = turn.concerned(contact_id, heard.flow, heard.run)
    flow = scope.open_flow(heard.flow, heard.run)
    if participant is None or flow is None:
        return
    slot = Slot(at=record.time, record=record.id, data=kept_data(record.data))
    contact = turn.contact(contact_id)
    told = advance.hear(
        participant,
        contact,
        flow,
        scope.now,
        scope.blocked,
        heard.slot,
        slot,
        turn.in_use(participant),
        scope.caps,
        turn.staff,
    )
    turn.take(participant, told)


def suggest(turn: Turn, record: Record, contact_id: str, suggestion: Suggestion) -> None:
    """Admit or refuse; either is kept with the values that decided it."""
    scope = turn.scope
    flow = scope.book.get(suggestion.flow)
    candidate = Candidate(
        contact=contact_id,
        partition=scope.partition,
        flow=suggestion.flow,
        run=suggestion.run,
        cause=record.id,
        depth=record.depth,
    )
    answer = admit(
        candidate, flow, history(turn, contact_id, suggestion), ruling(record, suggestion), scope.now
    )
    match answer:
        case Refuse(reason=reason, seen=seen):
            refuse(turn, contact_id, suggestion, reason, seen)
        case Enrol(participant=participant, seen=seen):
            assert flow is not None
            note = about(participant, Verdict.ENROLLED, (*suggestion.seen, *seen))
            enrol(turn, participant, flow, record, replace(note, suggested_by=suggestion.by))


def history(turn: Turn, contact_id: str, suggestion: Suggestion) -> History:
    return History(
        inside=turn.active_in(contact_id, suggestion.flow, suggestion.run) is not None,
        just_left=suggestion.flow in turn.ended,
        before=turn.was_inside(contact_id, suggestion.flow),
    )


def ruling(record: Record, suggestion: Suggestion) -> Ruling:
    """What the filter service found for this suggestion."""
    for finding in record.findings.filters:
        if finding.flow == suggestion.flow:
            return Ruling(None if finding.holds else Refusal(finding.by), finding.seen)
    return Ruling()


def refuse(
    turn: Turn, contact_id: str, suggestion: Suggestion, reason: Refusal, seen: tuple[Seen, ...]
) -> None:
    turn.notes[f"refused:{suggestion.flow}"] = Note(
        contact=contact_id,
        flow=suggestion.flow,
        run=suggestion.run,
        version=suggestion.version,
        participant=None,
        verdict=Verdict.REFUSED,
        reason=reason.value,
        seen=(*suggestion.seen, *seen),
        suggested_by=suggestion.by,
    )
    fact = SuggestionRefused(
        flow=suggestion.flow, run=suggestion.run, version=suggestion.version, reason=reason
    )
    turn.tell(contact_id, fact)


def enrol(turn: Turn, participant: Participant, flow: OpenFlow, record: Record, note: Note) -> None:
    """In, and on into the first steps at once."""
    scope = turn.scope
    turn.enrol(participant, note)
    remove_from_others(turn, participant.contact, flow)
    met = next((finding for finding in record.findings.states if finding.flow == flow.id), None)
    judged = Judged(holds=True, seen=met.seen) if met else None
    contact = turn.contact(participant.contact)
    told = advance.begin(
        participant,
        contact,
        flow,
        scope.now,
        scope.blocked,
        judged,
        turn.in_use(participant),
        scope.caps,
        turn.staff,
    )
    turn.take(participant, told)


def remove_from_others(turn: Turn, contact_id: str, flow: OpenFlow) -> None:
    """Whoever is enrolled here drops out of the flows from which this one removes, paused ones too."""
    if not flow.document.removes_from:
        return
    for inside in turn.active(contact_id):
        if inside.flow in flow.document.removes_from:
            text = f"enrolled in flow {flow.id}"
            turn.take(inside, advance.drop(inside, DropOut.REMOVED_BY_FLOW, turn.scope.now, text))
