"""What becomes of a participant: pure functions of plain values, `now` included (architecture.md §3.6).

Each answers with a `Progress`. An inactive participant never changes. While
the flow is paused nobody moves: what would have moved a participant is kept, and it is `held` for the resume,
which comes before anything new that reaches a held participant of a running flow.
`blocked` holds blocked addresses by their `reassess.address_key`, `in_use` the digests of those that others hold in
the flow, `caps` the frequency caps over all flows, `staff` the users whom flows name. All may raise what
`Walk.run_on` raises.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from common.domain.caps import Cap
from common.domain.conditions import Verdict
from common.domain.contact import Contact
from common.domain.open_flow import OpenFlow
from common.domain.participant import QUEUE, Participant, Slot
from common.domain.progress import Did, Progress, Told
from common.domain.reasons import DropOut, FlowState, Status
from common.domain.reassess import success_met
from common.domain.staff import NO_STAFF, Staff
from common.domain.walk import Walk, in_time, note_success


def begin(
    participant: Participant,
    contact: Contact,
    flow: OpenFlow,
    now: datetime,
    blocked: Collection[str] = (),
    met: Verdict | None = None,
    in_use: Collection[str] = (),
    caps: Sequence[Cap] = (),
    staff: Staff = NO_STAFF,
) -> Progress:
    """From the queue into the first step; success that the contact has already counts first.

    `met`: the criterion on state that was found met when the contact was suggested.
    """
    progress = Progress(participant=participant, contact=contact)
    if met:
        progress = note_success(progress, now, met)
    return _enter(progress, Walk(flow, now, blocked, in_use, caps, staff))


def fire(
    participant: Participant,
    contact: Contact,
    flow: OpenFlow,
    now: datetime,
    blocked: Collection[str] = (),
    in_use: Collection[str] = (),
    caps: Sequence[Cap] = (),
    staff: Staff = NO_STAFF,
) -> Progress:
    """Its timer fell due: on from the wait. While paused the timer is disarmed and `until` kept."""
    progress = Progress(participant=participant, contact=contact)
    if not participant.active or participant.due is None or participant.due > now:
        return progress
    if _paused(flow):
        return _held(progress).tell(now, Did.HELD, {"until": participant.until})
    walk = Walk(flow, now, blocked, in_use, caps, staff)
    if walk.outdated(progress):
        return resume(participant, contact, flow, now, blocked, in_use, caps, staff)
    progress = walk.ask_success(progress)
    return walk.wake(progress) if progress.participant.active else progress


def hear(
    participant: Participant,
    contact: Contact,
    flow: OpenFlow,
    now: datetime,
    blocked: Collection[str],
    slot_name: str,
    slot: Slot,
    in_use: Collection[str] = (),
    caps: Sequence[Cap] = (),
    staff: Staff = NO_STAFF,
) -> Progress:
    """The contact did something that a wait of the flow names: it is kept, and may end the wait right now.

    The latest of its kind is kept; yet what came first stays if it ends the wait of someone held by a pause.
    """
    progress = resume(participant, contact, flow, now, blocked, in_use, caps, staff)
    if not progress.participant.active:
        return progress
    walk = Walk(flow, now, blocked, in_use, caps, staff)
    if _paused(flow):
        return _keep_for_resume(progress, walk, slot_name, slot)
    return walk.hear(_keep(progress, now, slot_name, slot), {slot_name: slot})


def succeed(
    participant: Participant,
    contact: Contact,
    flow: OpenFlow,
    now: datetime,
    blocked: Collection[str],
    verdict: Verdict,
    in_use: Collection[str] = (),
    caps: Sequence[Cap] = (),
    staff: Staff = NO_STAFF,
) -> Progress:
    """An event met a success criterion. The first success counts; a repeat changes nothing."""
    progress = resume(participant, contact, flow, now, blocked, in_use, caps, staff)
    if not progress.participant.active or progress.participant.succeeded_at is not None:
        return progress
    if not _paused(flow):
        return Walk(flow, now, blocked, in_use, caps, staff).succeed(progress, verdict)
    progress = note_success(progress, now, verdict)
    return _held(progress) if flow.document.success.move_to_finish else progress


def resume(
    participant: Participant,
    contact: Contact,
    flow: OpenFlow,
    now: datetime,
    blocked: Collection[str] = (),
    in_use: Collection[str] = (),
    caps: Sequence[Cap] = (),
    staff: Staff = NO_STAFF,
) -> Progress:
    """What the pause kept, and what was edited in it, applied.

    Success first; then the queue enters, a wait that was changed begins anew from the same moment, an action that
    came before the wait's end moves on, and a wait that ended meanwhile is over. Whoever has nothing to catch up
    with stays.
    """
    progress = Progress(participant=participant, contact=contact)
    walk = Walk(flow, now, blocked, in_use, caps, staff)
    outdated = walk.outdated(progress)
    if not participant.active or not (participant.held or outdated) or _paused(flow):
        return progress
    progress = walk.ask_success(progress.but(held=False))
    if not progress.participant.active:
        return progress
    if participant.step == QUEUE:
        return walk.enter(progress)
    return walk.wait_anew(progress) if outdated else walk.end_wait(progress)


def drop(participant: Participant, reason: DropOut, now: datetime, text: str | None = None) -> Told:
    """Out of the flow for a reason that came from elsewhere, such as mail withdrawn at the last moment."""
    told = Told(participant)
    if not participant.active:
        return told
    told = told.left(Status.DROPPED_OUT, now, reason=reason, reason_text=text)
    return told.tell(now, Did.DROPPED_OUT, {"reason": reason, "text": text})


def cancel(participant: Participant, now: datetime) -> Told:
    """The flow was ended."""
    told = Told(participant)
    return told.left(Status.CANCELLED, now).tell(now, Did.CANCELLED) if participant.active else told


def _paused(flow: OpenFlow) -> bool:
    return flow.state is FlowState.PAUSED


def _held(progress: Progress) -> Progress:
    """Set aside until the resume, with the timer disarmed."""
    return progress.but(held=True, due=None)


def _enter(progress: Progress, walk: Walk) -> Progress:
    if not _paused(walk.flow):
        progress = walk.ask_success(progress)
        return walk.enter(progress) if progress.participant.active else progress
    met = success_met(progress.participant, progress.contact, walk.flow.document, walk.now)
    if met:
        progress = note_success(progress, walk.now, met.verdict)
    return _held(progress).tell(walk.now, Did.HELD)


def _keep(progress: Progress, now: datetime, name: str, slot: Slot) -> Progress:
    kept = progress.but(slots={**progress.participant.slots, name: slot})
    return kept.tell(now, Did.KEPT_ACTION, {"action": name, "record": slot.record})


def _keep_for_resume(progress: Progress, walk: Walk, name: str, slot: Slot) -> Progress:
    if not walk.listens(progress, name, slot):
        return _keep(progress, walk.now, name, slot)
    earlier = progress.participant.slots.get(name)
    if earlier and in_time(progress.participant.until, earlier):
        return progress
    return _held(_keep(progress, walk.now, name, slot))
