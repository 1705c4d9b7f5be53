"""One line of a condition: a field, an operator and a value (domain.md §8)."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any, ClassVar, Self

from pydantic import model_validator

from common.domain.conditions.field_names import FieldName
from common.domain.kinds import Family
from common.domain.model import Model

Test = Callable[[Any], bool]
"""A compiled line: whether it holds for the value of its field (`None`: missing)."""


class Line(Model):
    """Asks one thing of one field. A member names its `type`, and so the values that are not empty to it.

    A value that is missing or of another type is empty. Every operator is positive or the complement of a
    positive one: empty meets no positive operator and each negative one.
    """

    type: str
    field: FieldName
    op: str
    value: Any = None

    negative: ClassVar[frozenset[str]] = frozenset()
    """The operators that are complements."""

    def holds(self, value: Any, zone: tzinfo = UTC) -> bool:
        """What the line means. `zone` is where a date without a time lies."""
        known = self.read(value, zone)
        positively = known is not None and self.meets(known, zone)
        return positively is not (self.op in self.negative)

    def read(self, value: Any, zone: tzinfo) -> Any | None:
        """The value as this type sees it, `None` when it is empty."""
        raise NotImplementedError

    def meets(self, known: Any, zone: tzinfo) -> bool:
        """Whether a value that is not empty meets the operator, or the one it is the complement of."""
        raise NotImplementedError

    def test(self, zone: tzinfo) -> Test:
        """The same as `holds`, with all worked out beforehand that can be."""
        raise NotImplementedError

    def problem(self) -> str | None:
        """What is wrong with the value for this operator."""
        raise NotImplementedError

    @model_validator(mode="after")
    def value_fits_operator(self) -> Self:
        problem = self.problem()
        if problem is not None:
            raise ValueError(f"{self.field}: `{self.op}` {problem}")
        return self


def complement(test: Test) -> Test:
    """The test that holds exactly where the given one does not."""
    return lambda value: not test(value)


lines: Family[Line] = Family("condition line", tag="type")
