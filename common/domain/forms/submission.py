"""A submission: what somebody answered, whose it may be, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from common.domain.forms.answers import Answer
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.model import Model


class SubmissionState(StrEnum):
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    EXPIRED = "expired"
    """Not confirmed in time. Never stored: it follows from the time."""
    WAITING = "waiting"
    """For a person who says whose it is."""
    PROCESSED = "processed"
    DISCARDED = "discarded"


class KeptFile(Model):
    """An uploaded file; its content lies under the submission's id and the element's."""

    name: str
    type: str
    size: int


class Submission(Model):
    """`contact`: whose it is, or who is suggested while it waits; `candidates`: all who have the address.

    `address`: that address in the form in which addresses are compared. `opener`: whose mail led to the form,
    unless another's address was given; `origin`: what the event carries of the
    mail through which the form was opened. Times are business time; `revision` is the ETag.
    """

    v: int = 1
    id: str
    form: str
    form_version: int
    state: SubmissionState
    answers: dict[str, Answer] = Field(default_factory=dict)
    files: dict[str, KeptFile] = Field(default_factory=dict)
    address: str | None = None
    opener: str | None = None
    contact: str | None = None
    candidates: list[str] = Field(default_factory=list)
    origin: dict[str, Any] = Field(default_factory=dict)
    received_at: Instant
    confirm_by: Instant | None = None
    confirmed_at: Instant | None = None
    processed_at: Instant | None = None
    processed_by: str = ""
    revision: int = 1

    def as_at(self, now: datetime) -> "Submission":
        """With the state that it has by now."""
        awaited = self.state is SubmissionState.AWAITING_CONFIRMATION
        if awaited and self.confirm_by is not None and now >= self.confirm_by:
            expired: Submission = self.but(state=SubmissionState.EXPIRED)
            return expired
        return self


def person_id(submission: Submission) -> str:
    """The id of a contact that a form creates: of the address, so that two forms at once make one contact;
    without an address, of the submission."""
    if submission.address is None:
        return digest("person of submission", submission.id)
    return person_of_address(submission.address)


def person_of_address(key: str) -> str:
    """The id of whoever a form creates with this address; `key`: as addresses are compared."""
    return digest("person of address", key)
