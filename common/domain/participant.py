"""A participant: one contact's passage through one flow (domain.md §5)."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import ContactId, Model
from common.domain.reasons import DropOut, Status

QUEUE = "start"
"""Before the first step: enrolled while the flow was paused, or before the time at which it starts."""

FINISH = "finish"
"""Behind the last step."""


class Slot(Model):
    """The latest matching action (form, link, custom event) since enrolment, kept for the waits and splits that
    name it; `data` is the event's, within bounds."""

    at: Instant
    record: str
    data: dict[str, Any] = Field(default_factory=dict)


MOST_BYTES = 16_000
"""Of an action's data as JSON; what goes beyond is left out."""


def kept_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """As much of an action's data as a slot keeps: of a form its fields in their order, while there is room."""
    room = MOST_BYTES
    kept: dict[str, Any] = {}
    for name, value in data.items():
        if name == "fields" and isinstance(value, Mapping):
            value, room = _fitting(value, room)
        elif (size := _size(name, value)) <= room:
            room -= size
        else:
            continue
        kept[name] = value
    return kept


def _fitting(values: Mapping[str, Any], room: int) -> tuple[dict[str, Any], int]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if (size := _size(name, value)) <= room:
            kept[name], room = value, room - size
    return kept, room


def _size(name: str, value: Any) -> int:
    return len(json.dumps({name: value}, default=str).encode())


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
    `before` tells that it has not entered the step yet, but waits before it (for the sending window to open).
    `holds` is the digest of the address that nobody else in this run may be mailed at meanwhile.
    `visits` counts arrivals at steps, so that each gets effects of its own. `cause` is the enrolling record,
    `depth` how many flows deep that was. `failed_act` is the record of the end or resume that could not be applied
    to this passage, and does not come to it again.
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
    before: bool = False
    visits: int = 0
    slots: dict[str, Slot] = Field(default_factory=dict)
    succeeded_at: Instant | None = None
    left_at: Instant | None = None
    reason: DropOut | None = None
    reason_text: str | None = None
    last_message: LastMessage | None = None
    holds: str | None = None
    failed_act: str | None = None

    @property
    def active(self) -> bool:
        return self.status is Status.ACTIVE
