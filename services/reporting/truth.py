"""What reporting should have been told, worked out anew from what is kept: decisions, participants, the ledger and
events."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.domain.decision import Decision, Entry, Verdict
from common.domain.effect import OPEN_STATES, Effect, EffectState
from common.domain.participant import QUEUE, Participant
from common.domain.progress import Did
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.following import ABOUT_MESSAGES, EARNINGS, earned, of_message
from common.messages.happened import (
    Fate,
    Happened,
    MessageFared,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    ParticipantSucceeded,
    StepPassed,
    SuggestionRefused,
    to_record,
)
from common.messages.record import Record
from common.messages.reported import SmsStatus
from common.messages.settled import CLOSED_WORDS

ENDS = {Did.FINISHED, Did.DROPPED_OUT, Did.CANCELLED}
SETTLED = frozenset(EffectState) - OPEN_STATES


@dataclass(frozen=True, slots=True)
class OfContact:
    """All that is kept about one contact, as of one moment: its decisions in their order."""

    contact: str
    decisions: Sequence[Decision]
    participants: Sequence[Participant]
    effects: Mapping[str, Effect]
    events: Sequence[Record]


def told_of(truth: OfContact) -> Iterator[Record]:
    """The facts, as they travel to reporting, but for those of which only a part of the explanation is kept."""
    for row in truth.decisions:
        yield from of_decision(row, truth)
    for steps in whole_passages(truth).values():
        yield from passage(steps)
    for event in truth.events:
        yield from of_event(event, truth)


def whole_passages(truth: OfContact) -> Mapping[str, Sequence[Decision]]:
    """By participant, the decisions on those passages whose beginning is kept."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for row in truth.decisions:
        if row.participant and (row.participant in found or row.verdict is Verdict.ENROLLED):
            found[row.participant].append(row)
    return found


def of_decision(row: Decision, truth: OfContact) -> Iterator[Record]:
    """Refusals, and what became of messages."""
    if row.verdict is Verdict.REFUSED:
        fact = SuggestionRefused(
            flow=row.flow, run=row.run, version=row.version, reason=Refusal(row.reason or "")
        )
        yield record(fact, row)
    for entry in row.entries:
        effect = truth.effects.get(str(entry.why.get("effect")))
        if effect is not None and effect.participant == row.participant:
            yield from (record(fact, row) for fact in of_entry(entry, effect))


def of_entry(entry: Entry, effect: Effect) -> Iterator[Happened]:
    about = {
        "flow": effect.flow,
        "run": effect.run,
        "version": effect.version,
        "participant": effect.participant,
        "effect": effect.id,
        "channel": effect.channel,
        "step": effect.step,
        "content": effect.content,
    }
    if entry.did in SETTLED:
        state, reason = EffectState(entry.did), entry.why.get("reason")
        closed = state is EffectState.WITHDRAWN and reason in CLOSED_WORDS
        yield MessageSettled.model_validate(about | {"state": state, "reason": reason if closed else None})
    if entry.did == Did.REPORTED:
        delivered = entry.why.get("status") == SmsStatus.DELIVERED
        yield MessageFared(**about, fate=Fate.DELIVERED if delivered else Fate.BOUNCED)


def of_event(event: Record, truth: OfContact) -> Iterator[Record]:
    """What readers did with messages, and what was ordered and bought."""
    effect = truth.effects.get(str(event.data.get("effect")))
    fact = of_message(event, effect) if event.type in ABOUT_MESSAGES and effect is not None else None
    if fact is not None:
        yield to_record(fact, truth.contact, event.time, event.id)
    if event.type in EARNINGS:
        for earning in earned(event, truth.participants):
            yield to_record(earning, truth.contact, event.time, event.id)


def passage(rows: Sequence[Decision]) -> list[Record]:
    """All about one passage itself; of one that was removed by hand, nothing but that."""
    way = Way(rows[0].at)
    told = [record(fact, row) for row in rows for fact in way.facts(row)]
    return [each for each in told if each.type == REMOVED_TYPE] if way.removed else told


REMOVED_TYPE = "participant.removed.v1"


@dataclass(slots=True)
class Way:
    """Where a participant stands, followed through the decisions on it."""

    enrolled_at: datetime
    step: str = QUEUE
    since: datetime = field(init=False)
    visit: int = 0
    succeeded: bool = False
    status: Status = Status.ACTIVE
    reason: DropOut | None = None
    left_at: datetime | None = None
    removed: bool = False

    def __post_init__(self) -> None:
        self.since = self.enrolled_at

    def facts(self, row: Decision) -> Iterator[Happened]:
        about: dict[str, Any] = {
            "flow": row.flow,
            "run": row.run,
            "version": row.version,
            "participant": row.participant,
        }
        if row.verdict is Verdict.ENROLLED:
            yield ParticipantEnrolled(**about)
        for entry in row.entries:
            if entry.did in set(Did) - {Did.REPORTED}:
                yield from self._at(entry, about)
        if row.verdict is Verdict.REMOVED:
            self.removed = True
            gone = {"status": self.status, "reason": self.reason, "left_at": self.left_at}
            yield ParticipantRemoved(**about, **gone, enrolled_at=self.enrolled_at)

    def _at(self, entry: Entry, about: dict[str, Any]) -> Iterator[Happened]:
        if entry.step != self.step:
            here = {"step": self.step, "entered_at": self.since, "visit": self.visit}
            yield StepPassed(**about, **here, next_step=entry.step)
            self.step, self.since, self.visit = entry.step, entry.at, self.visit + 1
        if entry.did == Did.SUCCEEDED and not self.succeeded:
            self.succeeded = True
            yield ParticipantSucceeded(**about, step=entry.step, enrolled_at=self.enrolled_at)
        if entry.did in ENDS:
            yield self._left(entry, about)

    def _left(self, entry: Entry, about: dict[str, Any]) -> ParticipantLeft:
        self.status, self.left_at = self._status(entry), entry.at
        reason = entry.why.get("reason") if entry.did == Did.DROPPED_OUT else None
        self.reason = DropOut(reason) if reason else None
        return ParticipantLeft(
            **about,
            status=self.status,
            reason=self.reason,
            step=self.step,
            entered_at=self.since,
            enrolled_at=self.enrolled_at,
        )

    def _status(self, entry: Entry) -> Status:
        if entry.did == Did.DROPPED_OUT:
            return Status.DROPPED_OUT
        if entry.did == Did.CANCELLED:
            return Status.CANCELLED
        return Status.FINISHED_WITH_SUCCESS if self.succeeded else Status.FINISHED


def record(fact: Happened, row: Decision) -> Record:
    """As the executor told it: a timer's facts are named by their row."""
    return to_record(fact, row.contact, row.at, row.record or row.id)
