"""Events as they are posted: plain JSON or CloudEvents 1.0 (structured), each checked by itself."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import to_json

from common.domain.complaints import Complaint, Path, complaints
from common.domain.event import RESERVED_PREFIX
from common.domain.event_data import DATA
from common.domain.ids import event_id
from common.domain.instant import Instant
from common.domain.model import ContactId
from common.messages.record import Record

MOST_DEPTH = 10
MOST_BYTES = 64_000
"""Of one event's data, as JSON."""

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
LARGEST_INT = 2**63 - 1
NAME = re.compile(r"[^$.\x00\ud800-\udfff][^.\x00\ud800-\udfff]*")
NO_NAME = "is no name for a field: it is empty, begins with $, or has a dot, a NUL or half a surrogate pair"
NEVER = datetime.fromtimestamp(0, UTC)
"""Stands in for business time until the archive sets it."""

BARE = Record(id="", type="", source="", time=NEVER)
"""What records of events begin as: their values have been checked, and are not checked once more."""

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
    data_base64: SkipJsonSchema[Any] = None
    traceparent: SkipJsonSchema[Any] = None


@dataclass(frozen=True, slots=True)
class Good:
    """Can be archived."""

    record: Record


@dataclass(frozen=True, slots=True)
class Bad:
    """Can't, and why; its neighbours go on."""

    complaints: tuple[Complaint, ...]


def read_event(document: Any, fallback_id: str | None) -> Good | Bad:
    """Check one event. `fallback_id` serves where it has no id of its own."""
    try:
        event = PostedEvent.model_validate(document)
    except ValidationError as error:
        return Bad(tuple(complaints(error.errors(), document)))
    given_id = event.id or fallback_id
    problems = tuple(problems_of(event, given_id))
    if problems or given_id is None:
        return Bad(problems)
    return Good(
        BARE.but(
            id=event_id(event.source, given_id),
            type=event.type,
            source=event.source,
            contact=event.contact,
            sent_at=event.time,
            data=event.data,
            size=size_of(event.data),
            trace=trace_of(event.traceparent),
        )
    )


def trace_of(given: object) -> str | None:
    """The sender's W3C `traceparent`, of CloudEvents' distributed tracing extension; what is none does no harm."""
    return given if isinstance(given, str) and TRACEPARENT.fullmatch(given) else None


def problems_of(event: PostedEvent, given_id: str | None) -> Iterator[Complaint]:
    if given_id is None:
        yield Complaint(("id",), "is required, or send the header Idempotency-Key")
    if event.type.startswith(RESERVED_PREFIX):
        yield Complaint(("type",), f"may not begin with {RESERVED_PREFIX}, which is the engine's own")
    if event.data_base64 is not None:
        yield Complaint(("data_base64",), "is not taken: send the data as JSON in `data`")
    yield from unkeepable(event.data, ("data",))
    if (model := DATA.get(event.type)) is not None:
        try:
            model.model_validate(event.data)
        except ValidationError as error:
            found = complaints(error.errors(), event.data)
            yield from (Complaint(("data", *each.path), each.detail) for each in found)


def unkeepable(data: Any, path: Path) -> Iterator[Complaint]:
    """Why this can't be kept as the data of a record: by its nature, or because it is too large."""
    found = list(unstorable(data, path))
    if not found and (size := size_of(data)) > MOST_BYTES:
        found.append(Complaint(path, f"has {size} bytes; a record may have {MOST_BYTES}"))
    yield from found


def size_of(data: Any) -> int:
    """Bytes of its JSON, without spaces between."""
    return len(to_json(data))


def unstorable(value: Any, path: Path) -> Iterator[Complaint]:
    """What no store or condition could make sense of: names that are operators, endless numbers, deep
    nests, halves of surrogate pairs."""
    if len(path) > MOST_DEPTH:
        yield Complaint(path, f"is nested more than {MOST_DEPTH} deep")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not is_name(name):
                yield Complaint((*path, name), NO_NAME)
            yield from unstorable(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from unstorable(inner, (*path, number))
    elif isinstance(value, str) and not is_text(value):
        yield Complaint(path, "is no Unicode text: it has half a surrogate pair")
    elif isinstance(value, float) and not math.isfinite(value):
        yield Complaint(path, "is not a finite number")
    elif isinstance(value, int) and abs(value) > LARGEST_INT:
        yield Complaint(path, "is larger than 64 bits hold")


def is_name(text: str) -> bool:
    """Whether a document may have a field of this name."""
    return NAME.fullmatch(text) is not None


def is_text(value: str) -> bool:
    """Whether it can be written down in UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
