"""Which of a flow's participants are wanted, and from which on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import Field

from common.domain.model import Model
from common.domain.participant import Participant
from common.domain.reasons import DropOut, Status

EPOCH = datetime.fromtimestamp(0, UTC)


class ParticipantFilter(Model):
    """What is not given does not matter. `step`: where they stand, or left; `search`: a contact's id, or its e-mail
    address as it is now."""

    status: Status | None = None
    step: str | None = Field(default=None, min_length=1, max_length=64)
    reason: DropOut | None = None
    run: int | None = Field(default=None, ge=1)
    search: str | None = Field(default=None, min_length=1, max_length=320)


EVERYBODY = ParticipantFilter()


@dataclass(frozen=True, slots=True)
class Place:
    """A participant's place among those of its flow, by when it was enrolled."""

    enrolled_at: datetime
    id: str

    @classmethod
    def of(cls, participant: Participant) -> "Place":
        return cls(participant.enrolled_at, participant.id)

    def __str__(self) -> str:
        """As it travels: milliseconds since 1970, and the id."""
        return f"{(self.enrolled_at - EPOCH) // timedelta(milliseconds=1)}.{self.id}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises `ValueError`."""
        milliseconds, dot, name = text.partition(".")
        if not dot or not name:
            raise ValueError("is no place in a list: give back `next` as it was answered")
        try:
            return cls(EPOCH + timedelta(milliseconds=int(milliseconds)), name)
        except OverflowError as error:
            raise ValueError("lies beyond the calendar") from error
