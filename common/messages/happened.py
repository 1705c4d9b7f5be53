"""What has happened to participants, in the past tense: what the executor tells reporting.

The names are dotted, stable and versioned; each fact has an id that follows from what happened, so that it is
counted once.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from common.domain.effect import EffectState
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.record import Record


class Fact(Model):
    """About one flow. `run` and `version` are those of the flow when it happened."""

    flow: str
    run: int
    version: int


class ParticipantEnrolled(Fact):
    type: Literal["participant.enrolled.v1"] = "participant.enrolled.v1"
    participant: str


class ParticipantLeft(Fact):
    """No longer active: `reason` only for those who dropped out."""

    type: Literal["participant.left.v1"] = "participant.left.v1"
    participant: str
    status: Status
    reason: DropOut | None = None
    enrolled_at: Instant


class ParticipantRemoved(Fact):
    """The passage was erased by hand, in the status it then had; figures go back by it. `left_at`: unless active."""

    type: Literal["participant.removed.v1"] = "participant.removed.v1"
    participant: str
    status: Status
    reason: DropOut | None = None
    enrolled_at: Instant
    left_at: Instant | None = None


class SuggestionRefused(Fact):
    type: Literal["suggestion.refused.v1"] = "suggestion.refused.v1"
    reason: Refusal


class MessageSettled(Fact):
    """A message came to an end in the ledger."""

    type: Literal["message.settled.v1"] = "message.settled.v1"
    participant: str
    effect: str
    channel: str
    step: str
    content: str
    state: EffectState


Happened = Annotated[
    ParticipantEnrolled | ParticipantLeft | ParticipantRemoved | SuggestionRefused | MessageSettled,
    Field(discriminator="type"),
]

_HAPPENED: TypeAdapter[Happened] = TypeAdapter(Happened)


def to_record(fact: Happened, contact: str, at: Instant, cause: str, trace: str | None = None) -> Record:
    """As it travels to reporting. `cause` and the fact itself name it, so that it can't be counted twice."""
    return Record(
        id=digest("fact", fact.type, fact.flow, getattr(fact, "participant", ""), cause),
        type=fact.type,
        source="headrace/executor",
        contact=contact,
        time=at,
        data=fact.model_dump(exclude={"type"}, exclude_none=True),
        cause=cause,
        trace=trace,
    )


def from_record(record: Record) -> Happened:
    """Raises `ValidationError` for a record of any other type."""
    return _HAPPENED.validate_python({"type": record.type} | record.data)
