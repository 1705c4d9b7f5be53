"""Numbers: finite, whole or not; yes and no are none, and neither is text that looks like one."""

import operator
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, ClassVar, Literal, assert_never

from pydantic import BeforeValidator, Field

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause, Column, Compared, Every, Kind, OneOf, Present, Than
from common.domain.conditions.line import Line, Test, complement, lines

MAX_WHOLE = 2**63 - 1
"""What a store of 64-bit numbers keeps."""


def _numbers(value: Any) -> Any:
    """One clear refusal, in place of one for each type that it might have been."""
    pair = isinstance(value, list | tuple) and len(value) == 2
    if value is not None and not all(map(_is_storable, value if pair else [value])):
        raise ValueError("needs a number without quotes, of 64 bits, or two of them: [low, high]")
    return value


def _is_storable(value: Any) -> bool:
    return is_number(value) and (isinstance(value, float) or abs(value) <= MAX_WHOLE)


Range = Annotated[list[int | float], Field(min_length=2, max_length=2)]
Numbers = Annotated[int | float | Range | None, BeforeValidator(_numbers)]


class NumberOp(StrEnum):
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


class NumericLine(Line):
    """Asks of a number; members say which numbers there are. `between` takes [low, high], both included."""

    op: NumberOp
    value: Numbers = None

    negative: ClassVar[frozenset[str]] = frozenset({NumberOp.NE, NumberOp.EMPTY})

    def problem(self) -> str | None:
        match self.op:
            case NumberOp.EMPTY | NumberOp.NOT_EMPTY:
                return None if self.value is None else "takes no value"
            case NumberOp.BETWEEN:
                if not isinstance(self.value, list):
                    return "needs two numbers, [low, high]"
                return None if self.value[0] <= self.value[1] else "needs its lower number first"
            case _:
                return None if isinstance(self.value, int | float) else "needs one number"

    def read(self, value: Any, asker: Asker) -> int | float | None:
        return value if self.knows(value) else None

    def meets(self, known: int | float, now: datetime, asker: Asker) -> bool:
        expected: Any = self.value
        match self.op:
            case NumberOp.EQ | NumberOp.NE:
                return bool(known == expected)
            case NumberOp.LT:
                return bool(known < expected)
            case NumberOp.LE:
                return bool(known <= expected)
            case NumberOp.GT:
                return bool(known > expected)
            case NumberOp.GE:
                return bool(known >= expected)
            case NumberOp.BETWEEN:
                return bool(expected[0] <= known <= expected[1])
            case NumberOp.EMPTY | NumberOp.NOT_EMPTY:
                return True
            case _:
                assert_never(self.op)

    def test(self, asker: Asker) -> Test:
        knows = self.knows
        if isinstance(self.value, list):
            low, high = self.value
            positive: Test = lambda value, now: knows(value) and low <= value <= high  # noqa: E731
        elif self.value is None:
            positive = lambda value, now: knows(value)  # noqa: E731
        else:
            positive = _compared(knows, _COMPARISONS[self.op], self.value)
        return complement(positive) if self.op in self.negative else positive

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        number = Column(self.field, Kind.NUMBER)
        if isinstance(self.value, list):
            low, high = self.value
            return Every((Compared(number, Than.AT_LEAST, low), Compared(number, Than.AT_MOST, high)))
        if self.value is None:
            return Present(number)
        if self.op in _THAN:
            return Compared(number, _THAN[self.op], self.value)
        return OneOf(number, (self.value,))

    @staticmethod
    def knows(value: Any) -> bool:
        """Whether this is a number that the line asks of."""
        return is_number(value)


@lines.register
class NumberLine(NumericLine):
    """Of any finite number."""

    type: Literal["number"] = "number"


_COMPARISONS: dict[NumberOp, Callable[[Any, Any], bool]] = {
    NumberOp.EQ: operator.eq,
    NumberOp.NE: operator.eq,
    NumberOp.LT: operator.lt,
    NumberOp.LE: operator.le,
    NumberOp.GT: operator.gt,
    NumberOp.GE: operator.ge,
}


_THAN: dict[NumberOp, Than] = {
    NumberOp.LT: Than.LESS,
    NumberOp.LE: Than.AT_MOST,
    NumberOp.GT: Than.MORE,
    NumberOp.GE: Than.AT_LEAST,
}


def is_number(value: Any) -> bool:
    """Whether a fact is a number that can be compared."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _compared(
    knows: Callable[[Any], bool], comparison: Callable[[Any, Any], bool], expected: int | float
) -> Test:
    return lambda value, now: knows(value) and comparison(value, expected)
