import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.number import NumberLine
from tests.support import strategies
from tests.support.flows import START

MEANING = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@given(st.sampled_from(sorted(MEANING)), strategies.numbers, strategies.numbers)
def test_numbers_compare_as_numbers_do(op: str, expected: float, value: float) -> None:
    assert NumberLine(field="event.x", op=op, value=expected).holds(value, START, ANYONE) is MEANING[op](
        value, expected
    )


@pytest.mark.parametrize(
    ("value", "expected"), [(1, True), (2.5, True), (4, True), (0.99, False), (4.01, False)]
)
def test_between_includes_both_ends(value: float, expected: bool) -> None:
    assert NumberLine(field="event.x", op="between", value=[1, 4]).holds(value, START, ANYONE) is expected


def test_a_whole_number_equals_the_same_real_one() -> None:
    assert NumberLine(field="event.x", op="eq", value=20).holds(20.0, START, ANYONE)


@pytest.mark.parametrize(
    ("op", "value", "message"),
    [
        ("eq", None, "event.x: `eq` needs one number"),
        ("eq", [1, 2], "needs one number"),
        ("between", 1, r"needs two numbers, \[low, high\]"),
        ("between", [2, 1], "lower number first"),
        ("between", [1, 2, 3], "needs a number without quotes"),
        ("empty", 0, "takes no value"),
        ("eq", "1", "needs a number without quotes"),
        ("eq", True, "needs a number without quotes"),
        ("eq", float("nan"), "needs a number without quotes"),
        ("eq", 2**63, "of 64 bits"),
        ("eq", 10**400, "needs a number without quotes"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(op: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NumberLine(field="event.x", op=op, value=value)
