"""What holds for all types of lines."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from common.domain.conditions import AnyLine
from common.domain.conditions.date import DateLine
from common.domain.conditions.line import Line, lines
from common.domain.conditions.list import ListLine, ListOp
from common.domain.conditions.number import NumberLine, NumberOp
from common.domain.conditions.text import TextLine, TextOp
from common.domain.conditions.yes_no import YesNoLine
from tests.support import strategies

COMPLEMENTS: dict[type[Line], list[tuple[str, str]]] = {
    TextLine: [
        (TextOp.IS, TextOp.IS_NOT),
        (TextOp.BEGINS_WITH, TextOp.NOT_BEGINS_WITH),
        (TextOp.CONTAINS, TextOp.NOT_CONTAINS),
        (TextOp.ENDS_WITH, TextOp.NOT_ENDS_WITH),
        (TextOp.NOT_EMPTY, TextOp.EMPTY),
    ],
    NumberLine: [(NumberOp.EQ, NumberOp.NE), (NumberOp.NOT_EMPTY, NumberOp.EMPTY)],
    ListLine: [
        (ListOp.ONE_OF, ListOp.NOT_ONE_OF),
        (ListOp.ONE_OF, ListOp.NONE_OF),
        (ListOp.NOT_EMPTY, ListOp.EMPTY),
    ],
}


@settings(max_examples=1000)
@given(strategies.lines_with_values, strategies.zones)
def test_a_compiled_line_agrees_with_its_meaning(asked: tuple[AnyLine, Any], zone: str) -> None:
    line, value = asked
    assert line.test(ZoneInfo(zone))(value) is line.holds(value, ZoneInfo(zone))


@settings(max_examples=300)
@given(strategies.lines_with_values)
def test_negations_are_exact_complements(asked: tuple[AnyLine, Any]) -> None:
    line, value = asked
    for positive, negative in COMPLEMENTS.get(type(line), []):
        if line.op in (positive, negative):
            assert line.but(op=positive).holds(value) is not line.but(op=negative).holds(value)


@given(strategies.lines, strategies.zones)
def test_a_missing_value_meets_no_positive_and_every_negative_operator(line: AnyLine, zone: str) -> None:
    negations = {negative for pairs in COMPLEMENTS.values() for _, negative in pairs}
    assert line.holds(None, ZoneInfo(zone)) is (line.op in negations)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (TextLine(field="event.x", op="is", value="1"), 1),
        (TextLine(field="event.x", op="is", value="true"), True),
        (TextLine(field="event.x", op="contains", value="a"), ["a"]),
        (NumberLine(field="event.x", op="eq", value=1), "1"),
        (NumberLine(field="event.x", op="eq", value=1), True),
        (NumberLine(field="event.x", op="gt", value=1), float("inf")),
        (NumberLine(field="event.x", op="ge", value=0), float("nan")),
        (YesNoLine(field="event.x", value=True), 1),
        (YesNoLine(field="event.x", value=False), None),
        (YesNoLine(field="event.x", value=True), "true"),
        (DateLine(field="event.x", op="after", value="2000-01-01"), 1_700_000_000),
        (DateLine(field="event.x", op="after", value="2000-01-01"), "tomorrow"),
        (ListLine(field="event.x", op="one_of", value=["1"]), 1),
        (ListLine(field="event.x", op="one_of", value=["a"]), {"a": 1}),
    ],
)
def test_a_value_of_another_type_is_empty(line: Line, wrong: Any) -> None:
    assert line.holds(wrong) is line.holds(None) is False


def test_every_type_of_line_has_a_strategy() -> None:
    covered: set[type[Line]] = {TextLine, YesNoLine, NumberLine, DateLine, ListLine}
    assert set(lines.members.values()) == covered
