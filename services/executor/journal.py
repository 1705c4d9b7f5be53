"""What is written down and told of a decision: rows that explain, events raised, facts for reporting."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.domain.conditions import Seen
from common.domain.decision import Decision, Entry, Verdict
from common.domain.event import ENROLMENT_SUGGESTED
from common.domain.ids import digest
from common.domain.participant import Participant
from common.domain.progress import Progress, Raised, Suggested, Told
from common.messages.happened import ParticipantLeft, ParticipantRemoved
from common.messages.record import Record

TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Note:
    """A decision in the making: one a record (or timer) and passage, however much it did."""

    contact: str
    flow: str
    run: int
    version: int
    participant: str | None
    verdict: Verdict
    reason: str | None = None
    seen: tuple[Seen, ...] = ()
    entries: tuple[Entry, ...] = ()
    suggested_by: str | None = None

    def with_entry(self, entry: Entry) -> "Note":
        return replace(self, entries=(*self.entries, entry))

    def row(self, decision_id: str, at: datetime, cause: Record | None) -> Decision:
        return Decision(
            id=decision_id,
            contact=self.contact,
            flow=self.flow,
            run=self.run,
            version=self.version,
            participant=self.participant,
            at=at,
            record=cause.id if cause else None,
            by=cause.type if cause else TIMER,
            suggested_by=self.suggested_by,
            verdict=self.verdict,
            reason=self.reason,
            seen=self.seen,
            entries=self.entries,
        )


def about(participant: Participant, verdict: Verdict, seen: tuple[Seen, ...] = ()) -> Note:
    """A note on a participant."""
    return Note(
        contact=participant.contact,
        flow=participant.flow,
        run=participant.run,
        version=participant.version,
        participant=participant.id,
        verdict=verdict,
        seen=seen,
    )


def followed_by(note: Note | None, participant: Participant, told: Told) -> Note:
    """The note with what a further decision told; an enrolment stays one, whatever came at once."""
    first = note or about(participant, told.verdict)
    return replace(
        first,
        verdict=Verdict.ENROLLED if first.verdict is Verdict.ENROLLED else told.verdict,
        reason=participant.reason.value if participant.reason else first.reason,
        entries=(*first.entries, *told.entries),
    )


def about_flow(participant: Participant) -> dict[str, Any]:
    """What every fact about a participant tells."""
    return {
        "flow": participant.flow,
        "run": participant.run,
        "version": participant.version,
        "participant": participant.id,
    }


def left(participant: Participant) -> ParticipantLeft:
    """The fact that this participant is no longer active."""
    return ParticipantLeft(
        **about_flow(participant),
        status=participant.status,
        reason=participant.reason,
        step=participant.step,
        entered_at=participant.since,
        enrolled_at=participant.enrolled_at,
    )


def removed(participant: Participant) -> ParticipantRemoved:
    """The fact that this passage was erased by hand."""
    return ParticipantRemoved(
        **about_flow(participant),
        status=participant.status,
        reason=participant.reason,
        enrolled_at=participant.enrolled_at,
        left_at=participant.left_at,
    )


def raised_records(progress: Progress, cause: Record | None, now: datetime) -> Iterator[Record]:
    """Events and suggestions that a participant's steps gave rise to, as records for the start of the road."""
    for raised in progress.raised:
        yield _event(progress.participant, raised, cause, now)
    for suggested in progress.suggested:
        yield _suggestion(progress.participant, suggested, cause, now)


def _event(participant: Participant, raised: Raised, cause: Record | None, now: datetime) -> Record:
    return Record(
        id=digest("raised", raised.key),
        type=raised.type,
        source=f"headrace/flows/{participant.flow}",
        contact=participant.contact,
        time=now,
        data=raised.data,
        before=raised.before,
        changed=raised.changed,
        applied=True,
        cause=cause.id if cause else participant.cause,
        depth=raised.depth,
    )


def _suggestion(
    participant: Participant, suggested: Suggested, cause: Record | None, now: datetime
) -> Record:
    return Record(
        id=digest("suggested", suggested.key),
        type=ENROLMENT_SUGGESTED,
        source=f"headrace/flows/{participant.flow}",
        contact=participant.contact,
        time=now,
        data={"flow": suggested.flow, "by": f"flow {participant.flow}"},
        cause=cause.id if cause else participant.cause,
        depth=suggested.depth,
    )
