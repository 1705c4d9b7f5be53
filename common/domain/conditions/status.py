"""Statuses that count: how often, and when last (a contact's engagement: opened, clicked, submitted)."""

from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, assert_never

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause
from common.domain.conditions.counter import CounterLine
from common.domain.conditions.date import DateLine, DateRange, DateText, as_written
from common.domain.conditions.field_names import check_field
from common.domain.conditions.line import Line, Test, lines
from common.domain.conditions.periods import Period


class By(StrEnum):
    """What of a status is asked."""

    NUMBER = "number"
    """How often: the fact `….count`, with the operators of `counter`."""
    DATE = "date"
    """When last: the fact `….at`, with the operators of `date`."""


def _as_written(value: Any) -> Any:
    return value if isinstance(value, float | list | tuple) else as_written(value)


Number = Annotated[int, Field(strict=True)] | Annotated[float, Field(strict=True)]
Value = Annotated[Number | list[Number] | DateText | DateRange | Period | None, BeforeValidator(_as_written)]


def _status(field: str) -> str:
    check_field(f"{field}.count")
    check_field(f"{field}.at")
    return field


@lines.register
class StatusLine(Line):
    """Asks a status by its number or by its date: `contact.engagement.clicked`, by `date`, `within_last` 30."""

    type: Literal["status"] = "status"
    field: Annotated[str, Field(min_length=1, max_length=190), AfterValidator(_status)]
    by: By
    op: str = Field(max_length=40)
    value: Value = None

    @cached_property
    def asked(self) -> Line:
        """The line that it comes down to."""
        match self.by:
            case By.NUMBER:
                return CounterLine.model_validate(self._of("count"))
            case By.DATE:
                return DateLine.model_validate(self._of("at"))
            case _:
                assert_never(self.by)

    def _of(self, fact: str) -> dict[str, Any]:
        return {"field": f"{self.field}.{fact}", "op": self.op, "value": self.value}

    def problem(self) -> str | None:
        try:
            return self.asked.problem()
        except ValidationError as error:
            return f"by {self.by}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"

    @property
    def facts(self) -> tuple[str, ...]:
        return self.asked.facts

    @property
    def expected(self) -> Any:
        return self.asked.expected

    def look(self, facts: Any) -> Any:
        return self.asked.look(facts)

    def holds(self, value: Any, now: datetime, asker: Asker) -> bool:
        return self.asked.holds(value, now, asker)

    def test(self, asker: Asker) -> Test:
        return self.asked.test(asker)

    def clause(self, asker: Asker, now: datetime | None) -> Clause:
        return self.asked.clause(asker, now)
