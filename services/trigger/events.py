"""Events as they are posted: plain JSON or CloudEvents 1.0 (structured), each checked by itself."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from common.domain.complaints import Complaint, complaints
from common.domain.event import RESERVED_PREFIX
from common.domain.event_data import DATA
from common.domain.ids import event_id
from common.domain.instant import Instant
from common.domain.model import ContactId
from common.messages.record import Record

MOST_DEPTH = 10
MOST_BYTES = 64_000
"""Of one event's data, as JSON."""

LARGEST_INT = 2**63 - 1
NEVER = datetime.fromtimestamp(0, UTC)
"""Stands in for business time until the archive sets it."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
EventType = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]


class PostedEvent(BaseModel):
    """One event: CloudEvents' attributes, or the same in plain JSON with `contact` for `subject`.

    `contact` is the id of the person it is about; without one the event is kept and nothing follows from it.
    `id` names it within its `source`: the same pair again is a repeat. `time` is the sender's, kept as data.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str | None = Field(default=None, pattern=r"^1\.0$")
    id: Name | None = None
    type: EventType
    source: Name = "api"
    contact: ContactId | None = Field(default=None, validation_alias=AliasChoices("contact", "subject"))
    time: Instant | None = None
    data: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Good:
    """Can be archived."""

    record: Record


@dataclass(frozen=True, slots=True)
class Bad:
    """Can't, and why; its neighbours go on."""

    complaints: tuple[Complaint, ...]


def read_event(document: Any, fallback_id: str | None, size: int) -> Good | Bad:
    """Check one event. `fallback_id` serves where it has no id of its own; `size`: bytes of its JSON."""
    try:
        event = PostedEvent.model_validate(document)
    except ValidationError as error:
        return Bad(tuple(complaints(error.errors(), document)))
    given_id = event.id or fallback_id
    problems = tuple(problems_of(event, given_id, size))
    if problems or given_id is None:
        return Bad(problems)
    return Good(
        Record(
            id=event_id(event.source, given_id),
            type=event.type,
            source=event.source,
            contact=event.contact,
            time=NEVER,
            sent_at=event.time,
            data=event.data,
            size=size,
        )
    )


def problems_of(event: PostedEvent, given_id: str | None, size: int) -> Iterator[Complaint]:
    if given_id is None:
        yield Complaint(("id",), "is required, or send the header Idempotency-Key")
    if event.type.startswith(RESERVED_PREFIX):
        yield Complaint(("type",), f"may not begin with {RESERVED_PREFIX}, which is the engine's own")
    if size > MOST_BYTES:
        yield Complaint(("data",), f"has {size} bytes; an event may have {MOST_BYTES}")
    yield from unstorable(event.data, ("data",))
    if (model := DATA.get(event.type)) is not None:
        try:
            model.model_validate(event.data)
        except ValidationError as error:
            found = complaints(error.errors(), event.data)
            yield from (Complaint(("data", *each.path), each.detail) for each in found)


def unstorable(value: Any, path: tuple[str | int, ...]) -> Iterator[Complaint]:
    """What no store or condition could make sense of: names that are operators, endless numbers, deep nests."""
    if len(path) > MOST_DEPTH:
        yield Complaint(path, f"is nested more than {MOST_DEPTH} deep")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name.startswith("$") or "\x00" in name or "." in name or not name:
                yield Complaint(
                    (*path, name), "is no name for a field: it is empty, or has a $, a dot or a NUL"
                )
            yield from unstorable(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from unstorable(inner, (*path, number))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Complaint(path, "is not a finite number")
    elif isinstance(value, int) and abs(value) > LARGEST_INT:
        yield Complaint(path, "is larger than 64 bits hold")
