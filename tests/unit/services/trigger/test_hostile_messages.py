"""Whatever comes in, over HTTP, the bus or the CRM's webhook: it is read, or refused by its name, and nothing of it
that a database would take for an operator is let through."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.messages.posted import PostedMessage
from services.trigger.bounce_reports import reports_in
from services.trigger.cloud_events import (
    BATCHED,
    JSON,
    STRUCTURED,
    KindNotTaken,
    Unreadable,
    json_of,
    read_message,
)
from services.trigger.crm_mapping import read_crm_event
from services.trigger.crm_payload import NoPayload, read_payload
from services.trigger.events import Bad, Good
from services.trigger.http_binding import attributes_of
from services.trigger.posted_reading import read_posted

NAMES = ["id", "type", "source", "subject", "contact", "specversion", "data", "time", "traceparent", "data_base64",
         "Event", "EventId", "PrimaryKey", "Timestamp", "FieldValues", "Values", "Changes", "Entity",
         "$where", "a.b", "nul\0", "\ud800", ""]  # fmt: skip
KINDS = [
    None,
    "",
    JSON,
    STRUCTURED,
    BATCHED,
    "application/x+json",
    "text/plain",
    "application/cloudevents+xml",
    ";",
    "\0",
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [
            "1.0",
            "order.placed",
            "contact.updated",
            "sale.created",
            "2018-04-24T08:13:02.8352175Z",
            "0001-01-01T00:00:00+14:00",
            "9" * 200,
            "\ud800",
            "$ne",
            "\0",
        ]
    )
    | st.text(max_size=8)
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=15,
)
bodies = st.one_of(
    st.binary(max_size=80),
    trees.map(lambda tree: json.dumps(tree).encode()),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5000, b"NaN", b"\xef\xbb\xbf{}"]),
)
events = st.fixed_dictionaries(
    {"id": st.just("1"), "type": st.sampled_from(["a.b", "order.placed", "contact.updated"]), "data": trees}
).map(lambda event: json.dumps(event).encode())


def names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


def nothing_that_acts(read: list[Good | Bad]) -> None:
    for row in read:
        if isinstance(row, Good):
            assert not [
                each for each in names(row.record.data) if each.startswith("$") or "." in each or "\0" in each
            ]
            json.dumps(row.record.data, ensure_ascii=False).encode()
        else:
            assert row.complaints


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(NAMES), st.text(max_size=10)), bodies | events)
@settings(max_examples=200, deadline=None)
def test_any_message_is_read_or_refused(kind: str | None, attributes: dict[str, str], body: bytes) -> None:
    with contextlib.suppress(Unreadable, KindNotTaken):
        nothing_that_acts(read_message(kind, attributes, body, "fallback"))
    posted = read_posted(
        PostedMessage(body, kind, {f"cloudEvents:{n}": v for n, v in attributes.items()}, "m")
    )
    assert posted.records or posted.refusal or not posted.bad


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ce-id", "CE-Type", "ce-source", "x", "ce-"]),
            st.text(st.characters(max_codepoint=255), max_size=12),
        ),
        max_size=5,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_headers_are_read_or_refused(headers: list[tuple[str, str]]) -> None:
    with contextlib.suppress(Unreadable):
        attributes_of(headers)


@given(
    bodies
    | trees.map(
        lambda tree: json.dumps(
            {
                "Event": "sale.created",
                "PrimaryKey": 1,
                "FieldValues": tree,
                "Values": tree,
                "Changes": tree,
                "EventId": "1",
            }
        ).encode()
    )
)
@settings(max_examples=200, deadline=None)
def test_any_event_of_the_crm_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Unreadable, NoPayload):
        nothing_that_acts([read_crm_event(read_payload(json_of(body)), "header")])


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    "Content-Type: multipart/report; boundary=x",
                    "Content-Type: message/delivery-status",
                    "",
                    "--x",
                    "--x--",
                    "Final-Recipient: rfc822; \ud7ff",
                    "Action: failed",
                    "Status: 5.1.1",
                    "Original-Recipient:",
                    "Content-Transfer-Encoding: base64",
                    "Message-ID: <\0>",
                    "=?utf-8?q?=ff?=",
                ]
            ),
            max_size=14,
        )
        .map("\r\n".join)
        .map(str.encode),
    )
)
@settings(max_examples=150, deadline=None)
def test_any_mail_is_a_report_or_none(raw: bytes) -> None:
    assert isinstance(reports_in(raw), list)


REPORT = b"Content-Type: multipart/report; boundary=0"
INSIDE = b"".join(
    b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(200)
)


@pytest.mark.parametrize(
    "raw",
    [
        REPORT + b"; a=b" * 100_000,
        REPORT + b';"' * 100_000,
        REPORT + b"\r\n\r\n" + INSIDE + b"\n" * 1_000_000,
        REPORT + b"\r\n\r\n--0\r\nContent-Type: message/delivery-status\r\n\r\n" + b"a:b\n\n" * 200_000,
    ],
    ids=["parameters", "quotes", "parts in parts", "groups"],
)
def test_no_mail_takes_long_to_read(raw: bytes) -> None:
    """Anybody may write to the address for bounces."""
    begun = time.process_time()
    assert reports_in(raw) == []
    assert time.process_time() - begun < 3


def test_a_report_is_read_before_a_mail_of_any_length() -> None:
    status = b"--0\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n"
    told = b"Final-Recipient: rfc822; a@b.c\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--0\r\n"
    mail = (
        b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <effect."
        + b"0" * 32
        + b"@example.org>\r\n\r\n"
        + b"text\r\n" * 1_000_000
    )
    (report,) = reports_in(REPORT + b"\r\n\r\n" + status + told + mail + b"\r\n--0--")
    assert (report.about, report.permanent, report.email) == ("0" * 32, True, "a@b.c")


@pytest.mark.parametrize("depth", [50, 950, 100_000])
def test_json_however_deep_is_refused(depth: int) -> None:
    body = b'{"id":"1","type":"a.b","data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    with contextlib.suppress(Unreadable):
        (row,) = read_message(JSON, {}, body, None)
        assert isinstance(row, Bad)
