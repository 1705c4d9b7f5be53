"""What holds for all types of lines."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from common.domain.conditions import ANYONE, AnyLine, Asker
from common.domain.conditions.change import ChangeLine
from common.domain.conditions.counter import CounterLine
from common.domain.conditions.date import DateLine, DateOp
from common.domain.conditions.interests import InterestsLine
from common.domain.conditions.line import Line, lines
from common.domain.conditions.list import ListLine, ListOp
from common.domain.conditions.multi_list import MultiListLine
from common.domain.conditions.number import NumberLine, NumberOp
from common.domain.conditions.status import StatusLine
from common.domain.conditions.text import TextLine, TextOp
from common.domain.conditions.user import UserLine, UserOp
from common.domain.conditions.yes_no import YesNoLine
from tests.support import strategies
from tests.support.flows import START

COMPLEMENTS: dict[type[Line], list[tuple[str, str]]] = {
    TextLine: [
        (TextOp.IS, TextOp.IS_NOT),
        (TextOp.BEGINS_WITH, TextOp.NOT_BEGINS_WITH),
        (TextOp.CONTAINS, TextOp.NOT_CONTAINS),
        (TextOp.ENDS_WITH, TextOp.NOT_ENDS_WITH),
        (TextOp.NOT_EMPTY, TextOp.EMPTY),
    ],
    NumberLine: [(NumberOp.EQ, NumberOp.NE), (NumberOp.NOT_EMPTY, NumberOp.EMPTY)],
    CounterLine: [(NumberOp.EQ, NumberOp.NE), (NumberOp.NOT_EMPTY, NumberOp.EMPTY)],
    DateLine: [(DateOp.NOT_EMPTY, DateOp.EMPTY)],
    UserLine: [
        (UserOp.ONE_OF, UserOp.NOT_ONE_OF),
        (UserOp.ONE_OF, UserOp.NONE_OF),
        (UserOp.CURRENT_USER, UserOp.NOT_CURRENT_USER),
        (UserOp.NOT_EMPTY, UserOp.EMPTY),
    ],
    ListLine: [
        (ListOp.ONE_OF, ListOp.NOT_ONE_OF),
        (ListOp.ONE_OF, ListOp.NONE_OF),
        (ListOp.NOT_EMPTY, ListOp.EMPTY),
    ],
}


def asked_of(line: Line, value: Any) -> bool:
    return line.holds(value, START, ANYONE)


@settings(max_examples=1000)
@given(strategies.lines_with_values, strategies.askers, strategies.nows)
def test_a_compiled_line_agrees_with_its_meaning(
    asked: tuple[AnyLine, Any], asker: Asker, now: datetime
) -> None:
    line, value = asked
    assert line.test(asker)(value, now) is line.holds(value, now, asker)


@settings(max_examples=300)
@given(strategies.lines_with_values)
def test_negations_are_exact_complements(asked: tuple[AnyLine, Any]) -> None:
    line, value = asked
    for positive, negative in COMPLEMENTS.get(type(line), []):
        if line.op in (positive, negative):
            assert asked_of(line.but(op=positive), value) is not asked_of(line.but(op=negative), value)


@given(strategies.lines, strategies.askers)
def test_a_missing_value_meets_no_positive_and_every_negative_operator(line: AnyLine, asker: Asker) -> None:
    negations = {negative for pairs in COMPLEMENTS.values() for _, negative in pairs}
    assert line.holds(None, START, asker) is (line.op in negations)


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
    assert asked_of(line, wrong) is asked_of(line, None) is False


def test_every_type_of_line_has_a_strategy() -> None:
    covered: set[type[Line]] = {
        TextLine, YesNoLine, NumberLine, DateLine, ListLine, MultiListLine, InterestsLine, UserLine,
        CounterLine, StatusLine, ChangeLine,
    }  # fmt: skip
    assert set(lines.members.values()) == covered
