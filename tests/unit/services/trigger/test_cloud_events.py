"""CloudEvents and plain JSON are told apart, and each is read by its own rules."""

import json
from typing import Any

import pytest

from common.messages.record import Record
from services.trigger.cloud_events import (
    BATCHED,
    JSON,
    MOST_RECORDS,
    STRUCTURED,
    KindNotTaken,
    Mode,
    Unreadable,
    mode_of,
    read_message,
)
from services.trigger.events import Bad, Good

EVENT = {"specversion": "1.0", "id": "1", "source": "shop", "type": "order.placed", "subject": "7"}
PLAIN = {"id": "1", "type": "a.b"}


def read(
    body: Any, kind: str | None = JSON, fallback_id: str | None = None, **attributes: str
) -> list[Good | Bad]:
    return read_message(kind, attributes, json.dumps(body).encode(), fallback_id)


def records(found: list[Good | Bad]) -> list[Record]:
    return [row.record for row in found if isinstance(row, Good)]


def pointers(row: Good | Bad) -> list[str]:
    assert isinstance(row, Bad)
    return [complaint.pointer for complaint in row.complaints]


@pytest.mark.parametrize(
    ("kind", "attributes", "mode"),
    [
        (None, {}, Mode.PLAIN),
        ("", {}, Mode.PLAIN),
        ("application/json; charset=utf-8", {}, Mode.PLAIN),
        ("application/vnd.shop.v1+json", {}, Mode.PLAIN),
        ("application/json", {"traceparent": "00-1-1-01"}, Mode.PLAIN),
        ("Application/CloudEvents+JSON; charset=UTF-8", {}, Mode.STRUCTURED),
        ("application/cloudevents+json", EVENT, Mode.STRUCTURED),
        ("application/cloudevents-batch+json", {}, Mode.BATCHED),
        ("application/json", EVENT, Mode.BINARY),
        (None, {"type": "a.b"}, Mode.BINARY),
    ],
)
def test_the_mode_follows_from_media_type_and_attributes(
    kind: str | None, attributes: dict[str, str], mode: Mode
) -> None:
    assert mode_of(kind, attributes) is mode


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "application/cloudevents",
        "application/cloudevents+avro",
        "application/cloudevents-batch+xml",
        "multipart/form-data",
        "text/x+json",
    ],
)
def test_what_is_no_json_is_not_taken_and_told_what_would_be(kind: str) -> None:
    with pytest.raises(KindNotTaken, match="application/cloudevents-batch"):
        mode_of(kind, {})


def test_a_structured_event_and_a_binary_one_are_the_same_event() -> None:
    structured = read({**EVENT, "data": {"amount": 2}}, STRUCTURED)
    binary = read({"amount": 2}, JSON, **EVENT)

    assert structured == binary
    assert records(binary)[0].contact == "7"
    assert records(binary)[0].data == {"amount": 2}


def test_a_binary_event_needs_no_data() -> None:
    (row,) = read_message(None, EVENT, b"", None)

    assert isinstance(row, Good) and row.record.data == {}


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_a_cloud_event_needs_its_required_attributes_in_every_mode(missing: str) -> None:
    less = {name: value for name, value in EVENT.items() if name != missing}

    for (row,) in (read(less, STRUCTURED), read([less], BATCHED), read({}, JSON, **less)):
        assert pointers(row) == [f"#/{missing}"]


def test_a_fallback_id_is_for_plain_json_alone() -> None:
    no_id = {name: value for name, value in EVENT.items() if name != "id"}

    assert records(read([{"type": "a.b"}, {"type": "a.b"}], fallback_id="key"))
    assert pointers(read(no_id, STRUCTURED, fallback_id="key")[0]) == ["#/id"]


def test_events_without_ids_of_their_own_are_told_apart_by_their_place() -> None:
    first, second = records(read([{"type": "a.b"}, {"type": "a.b"}], fallback_id="key"))

    assert first.id != second.id


def test_a_batch_reads_each_by_itself() -> None:
    good, bad, text = read([EVENT, EVENT | {"specversion": "0.3"}, "text"], BATCHED)

    assert isinstance(good, Good)
    assert pointers(bad) == ["#/specversion"]
    assert isinstance(text, Bad)


def test_a_batch_may_be_empty() -> None:
    assert read([], BATCHED) == []


@pytest.mark.parametrize("body", [EVENT, "text", None])
def test_a_batch_is_a_list(body: Any) -> None:
    with pytest.raises(Unreadable, match="not a list"):
        read(body, BATCHED)


@pytest.mark.parametrize("kind", [JSON, BATCHED])
def test_too_many_are_refused_together(kind: str) -> None:
    with pytest.raises(Unreadable, match=str(MOST_RECORDS)):
        read([EVENT] * (MOST_RECORDS + 1), kind)


def test_a_list_is_no_structured_event() -> None:
    (row,) = read([EVENT], STRUCTURED)

    assert isinstance(row, Bad)


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_message(JSON, {}, body, None)


@pytest.mark.parametrize("data", [[1], "text", 5])
def test_data_has_to_be_fields(data: Any) -> None:
    assert pointers(read(data, JSON, **EVENT)[0]) == ["#/data"]
