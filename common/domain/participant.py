"""A participant: one contact's passage through one flow (domain.md §5)."""

from typing import Any

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import ContactId, Model
from common.domain.reasons import DropOut, Status

QUEUE = "start"
"""Before the first step: enrolled while the flow was paused, or before its start date."""

FINISH = "finish"
"""Behind the last step."""


class Slot(Model):
    """The latest matching action (form, link, custom event) since enrolment, kept for the waits that name it."""

    at: Instant
    record: str
    data: dict[str, Any] = Field(default_factory=dict)


class LastMessage(Model):
    """The last message planned for a participant, and what became of it (an `EffectState`)."""

    effect: str
    channel: str
    content: str
    at: Instant
    status: str


class Participant(Model):
    """One passage.

    `step` is where it stands, since `since`; `until` tells when its wait ends, and `due` is the same while the
    timer is armed (a paused flow's fallen timer is disarmed and the participant `held` for the resume).
    `visits` counts arrivals at steps, so that each gets effects of its own. `cause` is the enrolling record,
    `depth` how many flows deep that was.
    """

    v: int = 1
    id: str
    flow: str
    run: int
    version: int
    contact: ContactId
    partition: int
    status: Status = Status.ACTIVE
    enrolled_at: Instant
    cause: str
    depth: int = 0
    step: str = QUEUE
    since: Instant
    until: Instant | None = None
    due: Instant | None = None
    held: bool = False
    visits: int = 0
    slots: dict[str, Slot] = Field(default_factory=dict)
    succeeded_at: Instant | None = None
    left_at: Instant | None = None
    reason: DropOut | None = None
    reason_text: str | None = None
    last_message: LastMessage | None = None

    @property
    def active(self) -> bool:
        return self.status is Status.ACTIVE
