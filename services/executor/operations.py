"""Records that are no events: ends and resumes of flows, outcomes of messages, tasks of operators."""

from collections.abc import Callable, Mapping

from common.domain import advance
from common.domain.claim import Withdrawal
from common.domain.decision import Entry, Verdict
from common.domain.effect import EffectState
from common.domain.errand import errand
from common.domain.event import (
    ACT_WANTED,
    BULK_CONTINUED,
    CONTACT_FORGOTTEN,
    EFFECT_SETTLED,
    EFFECT_WAITS,
    FLOW_ENDED,
    FLOW_RESUMED,
    PARTICIPANT_REMOVED,
    SMS_REPORTED,
    TIMER_FIRED,
)
from common.domain.participant import Participant
from common.domain.progress import Did, Gate
from common.domain.reasons import DropOut
from common.domain.recipient import RecipientStatus, settled_status
from common.domain.sms import SMS
from common.messages.record import Record
from common.messages.reported import Reported, SmsStatus
from common.messages.settled import Settled, Waits
from services.executor.journal import Note, about, removed
from services.executor.telling import tell_of_message
from services.executor.turn import Reached, Turn

UNSENT = frozenset({EffectState.WITHDRAWN, EffectState.FAILED})
FORGOTTEN = "the contact was forgotten"


def end(turn: Turn, participant: Participant) -> None:
    turn.take(participant, advance.cancel(participant, turn.scope.now))


def resume(turn: Turn, participant: Participant) -> None:
    """On, for whoever is held or stands on a wait that was changed; out of a flow that is not open any more."""
    scope = turn.scope
    flow = scope.open_flow(participant.flow, participant.run)
    if flow is None:
        end(turn, participant)
        return
    contact = turn.contact(participant.contact)
    told = advance.resume(
        participant,
        contact,
        flow,
        scope.now,
        scope.blocked,
        turn.in_use(participant),
        scope.caps,
        turn.staff,
    )
    turn.take(participant, told)


def settle_message(turn: Turn, record: Record) -> None:
    """What became of a message: shown at its participant, counted, and where mail is not allowed any more the
    participant drops out for it."""
    settled = Settled.model_validate(record.data)
    turn.settled.append(settled)
    note_recipient(turn, record, settled)
    participant = turn.participant(settled.participant)
    if participant is None:
        settle_of_nobody(turn, record, settled)
        return
    turn.tell(participant.contact, settled.fact())
    if settled.state in UNSENT:
        free_room(turn, participant.contact, settled.effect)
    last = participant.last_message
    shown = participant
    if last is not None and last.effect == settled.effect:
        shown = participant.but(last_message=last.but(status=settled.state))
        turn.participants[shown.id] = shown
    turn.notes[shown.id] = about(shown, Verdict.MESSAGE).with_entry(message_entry(turn, settled))
    if settled.state is EffectState.WITHDRAWN and settled.reason in set(DropOut):
        turn.take(shown, advance.drop(shown, DropOut(settled.reason), turn.scope.now))


def explain_wait(turn: Turn, record: Record) -> None:
    """A message found its sending window closed: nobody moves for it, but it is told."""
    told = Waits.model_validate(record.data)
    participant = turn.participant(told.participant)
    if participant is not None:
        why = {
            "for": Gate.WINDOW,
            "until": told.until,
            "effect": told.effect,
            "channel": told.channel,
            "content": told.content,
        }
        entry = Entry(at=turn.scope.now, step=told.step, did=Did.WAITS, why=why)
        turn.notes[participant.id] = about(participant, Verdict.MESSAGE).with_entry(entry)


def settle_of_nobody(turn: Turn, record: Record, settled: Settled) -> None:
    """Its participant was removed by hand before it was sent: counted and explained all the same."""
    if settled.reason != Withdrawal.PASSAGE_REMOVED or record.contact not in turn.known.contacts:
        return
    turn.tell(record.contact, settled.fact())
    free_room(turn, record.contact, settled.effect)
    turn.notes[settled.participant] = Note(
        contact=record.contact,
        flow=settled.flow,
        run=settled.run,
        version=settled.version,
        participant=settled.participant,
        verdict=Verdict.MESSAGE,
        entries=(message_entry(turn, settled),),
    )


def note_recipient(turn: Turn, record: Record, settled: Settled) -> None:
    """Why it was withdrawn, in the recipient's words; of what was sent, or failed, its state says enough."""
    assert record.contact is not None, "a message is somebody's"
    if settled.state is not EffectState.WITHDRAWN:
        return
    no_mailing = turn.contact(record.contact).no_mailing
    if status := settled_status(settled.state, settled.reason, no_mailing=no_mailing):
        turn.reached.append(Reached(settled.effect, record.contact, status))


def free_room(turn: Turn, contact_id: str, effect: str) -> None:
    """A message that was never sent counts under no frequency cap."""
    contact = turn.contact(contact_id)
    rest = [sent for sent in contact.recent if sent.effect != effect]
    if len(rest) < len(contact.recent):
        turn.contacts[contact_id] = contact.but(recent=rest)


def message_entry(turn: Turn, settled: Settled) -> Entry:
    why = {
        "effect": settled.effect,
        "channel": settled.channel,
        "content": settled.content,
        "reason": settled.reason,
        "text": settled.text,
    }
    return Entry(at=turn.scope.now, step=settled.step, did=settled.state.value, why=why)


REPORTED = {
    SmsStatus.DELIVERED: RecipientStatus.DELIVERED,
    SmsStatus.FAILED: RecipientStatus.BOUNCED,
}


def report_sms(turn: Turn, record: Record) -> None:
    """A text message was delivered, or was not in the end: shown as its status, and kept for the explanation."""
    assert record.contact is not None, "a message is somebody's"
    told = Reported.model_validate(record.data)
    turn.reached.append(Reached(told.effect, record.contact, REPORTED[told.status]))
    participant = turn.participant(told.participant)
    if participant is not None:
        tell_of_message(turn, record)
        why = {"effect": told.effect, "channel": SMS, "status": told.status.value, "reason": told.reason}
        entry = Entry(at=turn.scope.now, step=told.step, did=Did.REPORTED, why=why)
        turn.notes[participant.id] = about(participant, Verdict.MESSAGE).with_entry(entry)


def remove_participant(turn: Turn, record: Record) -> None:
    """Erased by hand: gone from the store and from the figures. Its event stays decided."""
    participant = turn.participant(record.data["participant"])
    if participant is None or participant.contact != record.contact:
        return
    turn.erased.append(participant.id)
    turn.let_go(participant)
    turn.tell(participant.contact, removed(participant))
    turn.notes[participant.id] = about(participant, Verdict.REMOVED)


def take_up_again(turn: Turn, record: Record) -> None:
    """Whoever was set aside, because a timer or a life-cycle act could not be handled, is tried once more."""
    participant = turn.participant(record.data["participant"])
    if participant is not None and participant.active and participant.held:
        resume(turn, participant)


def go_on(turn: Turn, record: Record) -> None:
    """Those of a bulk enrolment who came before this are decided: the next may come."""
    turn.back.append(record.but(time=turn.scope.now))


def run_errand(turn: Turn, record: Record) -> None:
    """What a form or a link wants done in the CRM."""
    assert record.contact is not None, "it is done for somebody"
    scope = turn.scope
    planned = errand(record.id, record.contact, scope.partition, record.depth, record.data, scope.now)
    turn.effects.append(planned.but(trace=turn.trace))


def leave_every_flow(turn: Turn, record: Record) -> None:
    """The contact is to be forgotten: its passages end, and stay in the figures."""
    assert record.contact is not None, "somebody is to be forgotten"
    for participant in turn.active(record.contact):
        turn.take(participant, advance.drop(participant, DropOut.NO_CONSENT, turn.scope.now, FORGOTTEN))


OPERATIONS: Mapping[str, Callable[[Turn, Record], None]] = {
    ACT_WANTED: run_errand,
    BULK_CONTINUED: go_on,
    CONTACT_FORGOTTEN: leave_every_flow,
    EFFECT_SETTLED: settle_message,
    EFFECT_WAITS: explain_wait,
    PARTICIPANT_REMOVED: remove_participant,
    SMS_REPORTED: report_sms,
    TIMER_FIRED: take_up_again,
}
"""By record type; what is no life-cycle act either is an event."""

ACTS: Mapping[str, Callable[[Turn, Participant], None]] = {FLOW_ENDED: end, FLOW_RESUMED: resume}
"""By the type of a record for many: what it means to each of them."""
