"""What is stored and sent of tickets is what comes back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.domain.conditions import Seen
from common.messages.record import Finding, Findings, Record, Suggestion
from common.messages.ticket import Ticket, from_bytes, pack, to_bytes, unpack
from common.messages.topology import Service

NOW = datetime(2026, 3, 2, 12, 0, 0, 345_000, tzinfo=UTC)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DATA = st.dictionaries(st.text(max_size=9), VALUES, max_size=5)


def a_record(number: int = 0, **data: Any) -> Record:
    seen = Seen(field="event.amount", op="gt", expected=10, value=25.0, holds=True)
    about = {"flow": "orders", "version": 3, "run": 1}
    return Record(
        id=f"record-{number}",
        type="order.placed",
        source="shop",
        contact="7",
        time=NOW,
        data=data,
        facts={"event.amount": 25.0},
        suggestions=(Suggestion(**about, by="triggers[0]"),),
        findings=Findings(filters=(Finding(**about, holds=True, by="filter", seen=(seen,)),)),
    )


def a_ticket(*records: Record) -> Ticket:
    return Ticket(id="filter:3:8", service=Service.FILTER, partition=3, seq=8, at=NOW, records=records)


@settings(max_examples=50)
@given(st.lists(DATA, max_size=4))
def test_records_come_back_as_they_were_packed(data: list[dict[str, Any]]) -> None:
    records = tuple(a_record(number).but(data=each) for number, each in enumerate(data))
    assert unpack(pack(records)) == records


def test_a_ticket_comes_back_as_it_was_sent() -> None:
    ticket = a_ticket(a_record(1, city="Malmö"), a_record(2, note="two\nlines"))
    assert from_bytes(to_bytes(ticket)).opened() == ticket


def test_what_json_cannot_hold_is_not_packed() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        pack([a_record(name="\ud800")])


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": 1}\n', to_bytes(a_ticket(a_record()))[:-9]])
def test_what_is_no_ticket_is_an_error_of_values(body: bytes) -> None:
    with pytest.raises(ValueError):
        from_bytes(body).opened()


def test_many_alike_take_little_room() -> None:
    records = [a_record(number) for number in range(100)]
    assert len(pack(records)) * 5 < sum(len(record.model_dump_json()) for record in records)
