"""One line of a condition: a field, an operator and a value (domain.md §8)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import model_validator

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause, Not
from common.domain.conditions.field_names import FieldName
from common.domain.kinds import Family
from common.domain.model import Model

Test = Callable[[Any, datetime], bool]
"""A compiled line: whether it holds for what it looks at (`None`: missing), at a point in time."""


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

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it looks at."""
        return (self.field,)

    @property
    def lacks(self) -> tuple[str, str] | None:
        """What its author has still to choose: the field of the line, and what to do. Only lines of drafts lack
        any."""
        return None

    @property
    def expected(self) -> Any:
        """What it asks for, as it is shown in explanations."""
        return self.value

    def look(self, facts: Mapping[str, Any]) -> Any:
        """The value that is asked, `None` when it is missing."""
        return facts.get(self.field)

    def holds(self, value: Any, now: datetime, asker: Asker) -> bool:
        """What the line means, asked of what it looks at."""
        known = self.read(value, asker)
        positively = known is not None and self.meets(known, now, asker)
        return positively is not (self.op in self.negative)

    def read(self, value: Any, asker: Asker) -> Any | None:
        """The value as this type sees it, `None` when it is empty."""
        raise NotImplementedError

    def meets(self, known: Any, now: datetime, asker: Asker) -> bool:
        """Whether a value that is not empty meets the operator, or the one it is the complement of."""
        raise NotImplementedError

    def test(self, asker: Asker) -> Test:
        """The same as `holds`, with all worked out beforehand that can be."""
        raise NotImplementedError

    def clause(self, asker: Asker, now: datetime | None) -> Clause:
        """The same as `holds` in clauses; `now` `None`: at whatever time, wider where the time matters.

        Lines about a change may be wider, too: nothing that is stored tells of changes.
        """
        positive = self.positive(asker, now)
        return Not(positive) if self.op in self.negative else positive

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        """The clause of the operator, or of the one it is the complement of; empty never meets it."""
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
    return lambda value, now: not test(value, now)


lines: Family[Line] = Family("condition line", tag="type")
