"""What a message from outside holds: plain JSON, or CloudEvents 1.0 in any of their modes.

The modes are those of CloudEvents' HTTP and AMQP bindings: structured (one event as a document), batched (a list of
them) and binary (the attributes beside the body, the data in it).
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, assert_never

from common.domain.complaints import Complaint
from services.trigger.events import Bad, Good, read_event

MOST_RECORDS = 5_000
"""In one message."""

REQUIRED = ("specversion", "id", "source", "type")
"""Attributes without which there is no CloudEvent."""

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
ANY_CLOUD_EVENTS = "application/cloudevents"


class Mode(StrEnum):
    PLAIN = "plain"
    STRUCTURED = "structured"
    BATCHED = "batched"
    BINARY = "binary"


class KindNotTaken(Exception):
    """The message says that it is something that can't be read here."""

    def __init__(self, media_type: str) -> None:
        super().__init__(f"{media_type} is not taken: send {JSON}, {STRUCTURED} or {BATCHED}")
        self.media_type = media_type


class Unreadable(Exception):
    """No events can be made out at all; the text says why."""


def read_message(
    content_type: str | None, attributes: Mapping[str, str], body: bytes, fallback_id: str | None
) -> list[Good | Bad]:
    """Every event in the message, each checked by itself.

    `attributes` are those that came beside the body, without the prefix of their binding. `fallback_id` names events
    in plain JSON that have no id of their own. Raises `KindNotTaken` and `Unreadable`.
    """
    mode = mode_of(content_type, attributes)
    match mode:
        case Mode.PLAIN:
            return [
                read_event(document, f"{fallback_id}#{number}" if fallback_id else None)
                for number, document in enumerate(as_list(json_of(body)))
            ]
        case Mode.STRUCTURED:
            return [read_cloud_event(json_of(body))]
        case Mode.BATCHED:
            return [read_cloud_event(document) for document in a_batch(json_of(body))]
        case Mode.BINARY:
            data = {"data": json_of(body)} if body else {}
            return [read_cloud_event({**attributes, **data})]
        case _:
            assert_never(mode)


def mode_of(content_type: str | None, attributes: Mapping[str, str]) -> Mode:
    """By the media type; JSON with CloudEvents' attributes beside it is in binary mode. Raises `KindNotTaken`."""
    media_type = media_type_of(content_type)
    if media_type == BATCHED:
        return Mode.BATCHED
    if media_type == STRUCTURED:
        return Mode.STRUCTURED
    if media_type.startswith(ANY_CLOUD_EVENTS) or not is_json(media_type):
        raise KindNotTaken(media_type)
    return Mode.BINARY if any(name in attributes for name in REQUIRED) else Mode.PLAIN


def media_type_of(content_type: str | None) -> str:
    """The bare media type; what calls itself nothing is taken for JSON."""
    return (content_type or JSON).partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def read_cloud_event(document: Any) -> Good | Bad:
    """One event with all that a CloudEvent has to have (specification 1.0.2, "Required Attributes")."""
    if isinstance(document, dict):
        absent = [Complaint((name,), "is required") for name in REQUIRED if document.get(name) is None]
        if absent:
            return Bad(tuple(absent))
    return read_event(document, None)


def json_of(body: bytes) -> Any:
    """Raises `Unreadable`."""
    try:
        return json.loads(body)
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"is not JSON: {error}") from None


def as_list(body: Any) -> Sequence[Any]:
    """One document or a list of them; raises `Unreadable` when there are none, or too many."""
    documents = body if isinstance(body, list) else [body]
    if not documents or len(documents) > MOST_RECORDS:
        raise Unreadable(f"holds {len(documents)} records; a request may have 1 to {MOST_RECORDS}")
    return documents


def a_batch(body: Any) -> Sequence[Any]:
    """A list, which may be empty; raises `Unreadable`."""
    if not isinstance(body, list):
        raise Unreadable("is not a list, as a batch has to be")
    return as_list(body) if body else []
