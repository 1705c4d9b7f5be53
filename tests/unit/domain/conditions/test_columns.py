from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given

from common.domain.conditions.clause import Kind
from common.domain.conditions.columns import columns
from tests.support import strategies


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("Malmö", {Kind.TEXT: "Malmö", Kind.FOLDED: "malmo", Kind.ITEMS: ["malmo"]}),
        (["Ö", 3, ""], {Kind.ITEMS: ["o"]}),
        (True, {Kind.YES_NO: True}),
        (2.5, {Kind.NUMBER: 2.5}),
        (date(1, 1, 2), {Kind.DAY: 2}),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), {Kind.INSTANT: 1_000_000}),
        (None, {}),
        ("", {}),
        (float("nan"), {}),
        ({"a": 1}, {}),
    ],
)
def test_a_value_is_there_as_the_kinds_that_can_read_it(value: Any, seen: dict[Kind, Any]) -> None:
    assert columns(value) == seen


def test_a_text_that_is_a_date_is_both() -> None:
    assert columns("2024-01-01")[Kind.DAY] == date(2024, 1, 1).toordinal()
    assert Kind.INSTANT in columns("2024-01-01T10:00:00+02:00")


@given(strategies.values)
def test_whatever_a_fact_is_it_can_be_seen(value: Any) -> None:
    assert set(columns(value)) <= set(Kind)
