"""How well a flow does, in numbers: what is counted by day, and the figures that follow from the counts.

Days are those of business time in UTC. Participants are counted where they are enrolled and again where they
leave, so a day tells what happened on it; messages are counted once each, in the state they came to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import Field

from common.domain.effect import OPEN_STATES, EffectState
from common.domain.model import Model
from common.domain.reasons import DropOut, Refusal, Status

Tally = Mapping[str, int]
"""Counts by the name of the counter; one that is missing is zero."""

ENROLLED = "enrolled"
REMOVED = "removed"
"""Passages erased by hand; they are not in `ENROLLED` any more."""

LEFT = tuple(status for status in Status if status is not Status.ACTIVE)
SETTLED = tuple(state for state in EffectState if state not in OPEN_STATES)
"""The states in which messages are counted."""


def refused(reason: Refusal) -> str:
    """The counter of suggestions refused for this reason."""
    return f"refused_{reason.value}"


def dropped_out(reason: DropOut) -> str:
    """The counter of participants who dropped out for this reason."""
    return f"dropped_out_{reason.value}"


PARTICIPANT_COUNTERS = (
    ENROLLED,
    REMOVED,
    *(status.value for status in LEFT),
    *(refused(reason) for reason in Refusal),
    *(dropped_out(reason) for reason in DropOut),
)
MESSAGE_COUNTERS = tuple(state.value for state in SETTLED)


@dataclass(frozen=True, slots=True)
class FlowDay:
    """What one row of participants' counts is about."""

    flow: str
    run: int
    day: date


@dataclass(frozen=True, slots=True)
class MessageDay:
    """What one row of messages' counts is about."""

    flow: str
    run: int
    day: date
    channel: str
    content: str


@dataclass(frozen=True, slots=True)
class CountedMessage:
    """The state in which a message is counted, and when it was told to be in it (business time)."""

    state: EffectState
    at: datetime


def day_of(at: datetime) -> date:
    """The day on which something at this time is counted."""
    return at.astimezone(UTC).date()


def supersedes(state: EffectState, counted: CountedMessage | None) -> bool:
    """Whether a message that is counted like this (`None`: not yet) is from now on counted in `state`: a doubt
    gives way to an end, and an end stands whatever is told later."""
    if counted is None:
        return True
    return counted.state is EffectState.IN_DOUBT and state is not EffectState.IN_DOUBT


People = Annotated[int, Field(description="Number of participants (passages).")]


class Figures(Model):
    """Figures of a flow, over all time. `suggested` = `enrolled` + all in `refused`; `enrolled` = all in
    `by_status`."""

    suggested: int = Field(
        description="Suggestions decided: enrolled or refused. One whose passage was removed by hand is not in it."
    )
    refused: dict[Refusal, int] = Field(
        description="Suggestions not enrolled, by the first reason that applied; each reason is listed."
    )
    enrolled: int = Field(description="Participants, whatever became of them.")
    in_progress: int = Field(description="Participants who are active.")
    completed: int = Field(description="Participants finished, with success or without.")
    success_rate: float | None = Field(
        description="Finished with success ÷ enrolled, from 0 to 1; null while nobody was enrolled."
    )
    by_status: dict[Status, int] = Field(description="Participants by status; each status is listed.")
    by_drop_out_reason: dict[DropOut, int] = Field(
        description="Participants who dropped out, by reason; each reason is listed."
    )
    removed: int = Field(description="Passages removed by hand; they are in no other figure.")


class DayFigures(Model):
    """What happened on one day, from midnight to midnight in UTC of business time."""

    day: date
    suggested: int = Field(description="Suggestions decided on this day.")
    refused: int = Field(description="Suggestions refused on this day.")
    enrolled: People
    finished: People
    finished_with_success: People
    dropped_out: People
    cancelled: People


class MessageFigures(Model):
    """Messages made of one content, over all time; each is counted once."""

    channel: str = Field(description="How it went, such as `email`.")
    content: str = Field(description="Id of the content.")
    by_state: dict[EffectState, int] = Field(
        description="Messages by what became of them: `done` was handed over, `in_doubt` may have been, `failed` "
        "was refused or given up, `withdrawn` was not sent. Each of the four is listed."
    )


def suggestions(tally: Tally) -> tuple[int, int]:
    """(all suggestions, those refused)."""
    no = sum(tally.get(refused(reason), 0) for reason in Refusal)
    return tally.get(ENROLLED, 0) + no, no


def figures(tally: Tally) -> Figures:
    """The figures that follow from a flow's counts."""
    enrolled = tally.get(ENROLLED, 0)
    left = {status: tally.get(status.value, 0) for status in LEFT}
    active = enrolled - sum(left.values())
    success = left[Status.FINISHED_WITH_SUCCESS]
    return Figures(
        suggested=suggestions(tally)[0],
        refused={reason: tally.get(refused(reason), 0) for reason in Refusal},
        enrolled=enrolled,
        in_progress=active,
        completed=left[Status.FINISHED] + success,
        success_rate=success / enrolled if enrolled else None,
        by_status={Status.ACTIVE: active} | left,
        by_drop_out_reason={reason: tally.get(dropped_out(reason), 0) for reason in DropOut},
        removed=tally.get(REMOVED, 0),
    )


def day_figures(day: date, tally: Tally) -> DayFigures:
    """One day's row for a chart."""
    suggested, no = suggestions(tally)
    return DayFigures(
        day=day,
        suggested=suggested,
        refused=no,
        enrolled=tally.get(ENROLLED, 0),
        finished=tally.get(Status.FINISHED.value, 0),
        finished_with_success=tally.get(Status.FINISHED_WITH_SUCCESS.value, 0),
        dropped_out=tally.get(Status.DROPPED_OUT.value, 0),
        cancelled=tally.get(Status.CANCELLED.value, 0),
    )


def message_figures(channel: str, content: str, tally: Tally) -> MessageFigures:
    """One content's row."""
    by_state = {state: tally.get(state.value, 0) for state in SETTLED}
    return MessageFigures(channel=channel, content=content, by_state=by_state)
