"""Messages from the bus are read in every form in which events come."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from common.adapters.rabbitmq.event_feed import as_text
from common.messages.posted import PostedMessage
from services.trigger.posted_reading import ReadMessage, read_posted

EVENT = {"specversion": "1.0", "id": "1", "source": "shop", "type": "order.placed", "subject": "7"}


def read(body: Any, content_type: str | None = "application/json", **beside: Any) -> ReadMessage:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_posted(PostedMessage(raw, content_type, **beside))


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_"])
def test_all_forms_of_one_event_are_the_same_event(prefix: str) -> None:
    properties = {f"{prefix}{name}": value for name, value in EVENT.items()}
    data = {"amount": 2}

    binary = read(data, properties=properties)
    structured = read(EVENT | {"data": data}, "application/cloudevents+json; charset=utf-8")
    plain = read({"id": "1", "source": "shop", "type": "order.placed", "contact": "7", "data": data}, None)
    batched = read([EVENT | {"data": data}], "application/cloudevents-batch+json")

    assert len(binary.records) == 1 and binary.refusal is None
    assert binary.records == structured.records == plain.records == batched.records


def test_the_messages_id_names_events_that_have_none() -> None:
    first = read([{"type": "a.b"}, {"type": "a.b"}], message_id="m1")
    again = read([{"type": "a.b"}, {"type": "a.b"}], message_id="m1")

    assert len({record.id for record in first.records}) == 2
    assert first.records == again.records


def test_without_any_id_it_is_refused() -> None:
    refusal = read({"type": "a.b"}).refusal

    assert refusal is not None and refusal.errors[0]["pointer"] == "#/0/id"


def test_the_good_ones_of_a_list_go_on_and_the_whole_message_is_kept() -> None:
    body = [
        {"id": "1", "type": "a.b", "contact": "ann"},
        {"id": "2", "contact": "bob"},
        {"id": "3", "type": "a.b", "subject": "cy"},
    ]

    found = read(body)

    assert [record.contact for record in found.records] == ["ann", "cy"]
    assert found.bad == 1
    assert found.refusal is not None
    assert [error["pointer"] for error in found.refusal.errors] == ["#/1/type"]
    assert found.refusal.contacts == ["ann", "bob", "cy"]
    assert found.refusal.message.body == json.dumps(body).encode()


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"{", "application/json", "JSON"),
        (b"\xff", None, "JSON"),
        (b"[]", None, "0 records"),
        (b"<a/>", "text/xml", "text/xml"),
        (b"{}", "application/cloudevents+avro", "avro"),
    ],
)
def test_what_can_not_be_read_is_refused_as_a_whole(body: bytes, content_type: str | None, says: str) -> None:
    found = read(body, content_type)

    assert found.records == ()
    assert found.refusal is not None and says in found.refusal.errors[0]["detail"]


def test_whom_a_binary_message_is_about_is_kept_with_its_refusal() -> None:
    found = read(b"no json", properties={"cloudEvents:subject": "ann", "cloudEvents:type": "a.b"})

    assert found.refusal is not None and found.refusal.contacts == ["ann"]


def test_the_same_message_has_the_same_digest_and_another_one_another() -> None:
    message = PostedMessage(b"{}", "application/json", {"a": "1", "b": "2"}, "m")

    assert message.digest == PostedMessage(b"{}", "application/json", {"b": "2", "a": "1"}, "m").digest
    assert message.digest != PostedMessage(b"{}", "application/json", {"a": "1", "b": "2"}, "n").digest
    assert message.digest != PostedMessage(b"[]", "application/json", {"a": "1", "b": "2"}, "m").digest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (7, "7"),
        (True, "true"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (b"bytes", "bytes"),
        (None, None),
        ([1], None),
    ],
)
def test_native_values_of_properties_become_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text
