"""A message from the bus as events: what of it can be archived, and what is wrong with the rest."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from common.domain.complaints import Complaint
from common.messages.posted import PostedMessage, RefusedMessage
from common.messages.record import Record
from services.trigger.cloud_events import KindNotTaken, Unreadable, read_message
from services.trigger.events import Bad, Good, trace_of

WAY = "amqp"
PREFIXES = ("cloudEvents:", "cloudEvents_")
"""Of application properties that are attributes (AMQP protocol binding 1.0.2, §3.1.3.1)."""

TRACEPARENT = "traceparent"
"""The header in which senders name the trace of a message."""

MOST_ERRORS = 100
LONGEST_CONTACT = 128


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """`refusal`: unless all of it can be archived."""

    message: PostedMessage
    records: tuple[Record, ...] = ()
    bad: int = 0
    refusal: RefusedMessage | None = None


def read_posted(message: PostedMessage) -> ReadMessage:
    """Events without id in plain JSON go by the message's own id, those without a trace in the message's."""
    try:
        read = read_message(
            message.content_type, attributes_of(message), message.body, message.message_id or None
        )
    except (Unreadable, KindNotTaken) as error:
        return refused_whole(message, str(error))
    trace = trace_of(message.properties.get(TRACEPARENT))
    records = tuple(in_trace(row.record, trace) for row in read if isinstance(row, Good))
    errors = list(errors_of(read))
    if not errors:
        return ReadMessage(message, records)
    refusal = RefusedMessage(WAY, message, errors[:MOST_ERRORS], contacts_of(message))
    return ReadMessage(message, records, len(read) - len(records), refusal)


def in_trace(record: Record, trace: str | None) -> Record:
    """Its own trace goes before the message's."""
    return record if record.trace or not trace else record.but(trace=trace)


def refused_whole(message: PostedMessage, why: str) -> ReadMessage:
    """Nothing of it can be archived."""
    refusal = RefusedMessage(WAY, message, [{"pointer": "#", "detail": why}], contacts_of(message))
    return ReadMessage(message, bad=1, refusal=refusal)


def attributes_of(message: PostedMessage) -> dict[str, str]:
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in message.properties.items()
        for prefix in PREFIXES
        if name.startswith(prefix)
    }


def errors_of(read: Sequence[Good | Bad]) -> Iterator[dict[str, str]]:
    """Pointers lead into the message as into a list: `#/3/data/amount`."""
    for index, row in enumerate(read):
        if isinstance(row, Bad):
            for each in row.complaints:
                yield {"pointer": Complaint((index, *each.path), "").pointer, "detail": each.detail}


def contacts_of(message: PostedMessage) -> list[str]:
    """Everybody whom the message names, as far as that can be made out: so that they can be forgotten."""
    named: list[Any] = [attributes_of(message).get("subject")]
    for document in documents_of(message):
        named += [document.get("contact"), document.get("subject")]
    return sorted({name for name in named if isinstance(name, str) and len(name) <= LONGEST_CONTACT})


def documents_of(message: PostedMessage) -> list[dict[str, Any]]:
    try:
        body = json.loads(message.body)
    except (ValueError, RecursionError):
        return []
    return [each for each in (body if isinstance(body, list) else [body]) if isinstance(each, dict)]
