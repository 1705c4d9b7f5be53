from typing import Any

import pytest

from common.domain.conditions import ANYONE
from common.domain.conditions.counter import CounterLine
from tests.support.flows import START

FIELD = "contact.engagement.clicked.count"


@pytest.mark.parametrize(
    ("op", "expected", "value", "meant"),
    [
        ("ge", 3, 3, True),
        ("lt", 1, 0, True),
        ("eq", 0, 0, True),
        ("between", [1, 3], 4, False),
        ("lt", 1, -1, False),
        ("ne", 1, -1, True),
        ("empty", None, -1, True),
        ("empty", None, 0, False),
        ("lt", 1, None, False),
        ("ge", 0, True, False),
    ],
)
def test_a_counter_stands_at_nought_or_above(op: str, expected: Any, value: Any, meant: bool) -> None:
    assert CounterLine(field=FIELD, op=op, value=expected).holds(value, START, ANYONE) is meant
