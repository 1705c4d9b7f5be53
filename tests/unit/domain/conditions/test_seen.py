import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from common.domain.conditions.seen import MAX_ITEMS, MAX_TEXT, brief
from tests.support import strategies


@given(strategies.values)
def test_whatever_was_seen_fits_json_and_64_bits(value: Any) -> None:
    told = brief(value)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert not isinstance(told, int) or -(2**63) <= told < 2**63


def test_short_values_are_told_as_they_are() -> None:
    for value in (None, True, 3, 2.5, "Malmö", ["a", "b"]):
        assert brief(value) == value


@pytest.mark.parametrize("value", ["x" * 5000, {"key": "x" * 5000}])
def test_long_values_are_cut(value: object) -> None:
    assert len(brief(value)) == MAX_TEXT


def test_long_lists_say_how_much_was_left_out() -> None:
    told = brief([str(number) for number in range(100)])
    assert told == [*map(str, range(MAX_ITEMS)), "… and 80 more"]


def test_instants_are_told_in_iso_8601() -> None:
    assert brief(datetime(2024, 1, 2, 3, tzinfo=UTC)) == "2024-01-02T03:00:00+00:00"
