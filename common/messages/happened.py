"""What has happened to participants, in the past tense: what the executor tells reporting.

The names are dotted, stable and versioned; each fact has an id that follows from what happened, so that it is
counted once.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from common.domain.claim import Withdrawal
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

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        """What names it beside its kind, its flow and what caused it."""
        return ()


class OfParticipant(Fact):
    participant: str

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        return (self.participant,)


class ParticipantEnrolled(OfParticipant):
    type: Literal["participant.enrolled.v1"] = "participant.enrolled.v1"


class StepPassed(OfParticipant):
    """Went on to the next step; `start` and `finish` are places like steps. `visit` counts a participant's
    arrivals."""

    type: Literal["step.passed.v1"] = "step.passed.v1"
    step: str
    next_step: str
    entered_at: Instant
    visit: int

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        return (self.participant, str(self.visit))


class ParticipantSucceeded(OfParticipant):
    """Met a success criterion, for the first time."""

    type: Literal["participant.succeeded.v1"] = "participant.succeeded.v1"
    step: str
    enrolled_at: Instant


class ParticipantLeft(OfParticipant):
    """No longer active: `reason` only for those who dropped out. It stood on `step` since `entered_at`."""

    type: Literal["participant.left.v1"] = "participant.left.v1"
    status: Status
    reason: DropOut | None = None
    step: str = ""
    entered_at: Instant | None = None
    enrolled_at: Instant


class ParticipantRemoved(OfParticipant):
    """The passage was erased by hand, in the status it then had; figures go back by it. `left_at`: unless active."""

    type: Literal["participant.removed.v1"] = "participant.removed.v1"
    status: Status
    reason: DropOut | None = None
    enrolled_at: Instant
    left_at: Instant | None = None


class SuggestionRefused(Fact):
    type: Literal["suggestion.refused.v1"] = "suggestion.refused.v1"
    reason: Refusal


class OfMessage(OfParticipant):
    effect: str
    channel: str
    step: str
    content: str


class MessageSettled(OfMessage):
    """A message came to an end in the ledger. `reason`: why it was withdrawn."""

    type: Literal["message.settled.v1"] = "message.settled.v1"
    state: EffectState
    reason: DropOut | Withdrawal | None = None


class Engagement(StrEnum):
    OPEN = "open"
    CLICK = "click"


class MessageEngaged(OfMessage):
    """A message was opened, or a link in it was followed. `bot`: by a machine."""

    type: Literal["message.engaged.v1"] = "message.engaged.v1"
    kind: Engagement
    link: str | None = None
    bot: bool = False


class Fate(StrEnum):
    """What may become of a message that was handed over."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class MessageFared(OfMessage):
    """What was told of a message after it had been handed over."""

    type: Literal["message.fared.v1"] = "message.fared.v1"
    fate: Fate


class Earning(StrEnum):
    """What may follow an enrolment."""

    ORDER = "order"
    SALE_CREATED = "sale_created"
    SALE_SOLD = "sale_sold"
    SALE_LOST = "sale_lost"


EARNED = frozenset({Earning.ORDER, Earning.SALE_SOLD})
"""Of these the amounts are revenue, and who has any is a buyer."""


class RevenueFollowed(OfParticipant):
    """An order or a sale of the contact, within a year of its enrolment. `event` told of it."""

    type: Literal["revenue.followed.v1"] = "revenue.followed.v1"
    event: str
    kind: Earning
    amount: float | None = None
    currency: str = ""
    enrolled_at: Instant


Happened = Annotated[
    ParticipantEnrolled
    | StepPassed
    | ParticipantSucceeded
    | ParticipantLeft
    | ParticipantRemoved
    | SuggestionRefused
    | MessageSettled
    | MessageEngaged
    | MessageFared
    | RevenueFollowed,
    Field(discriminator="type"),
]

_HAPPENED: TypeAdapter[Happened] = TypeAdapter(Happened)


def to_record(fact: Happened, contact: str, at: Instant, cause: str, trace: str | None = None) -> Record:
    """As it travels to reporting. `cause` and the fact itself name it, so that it can't be counted twice."""
    return Record(
        id=digest("fact", fact.type, fact.flow, *(fact.told_apart_by or ("",)), cause),
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
