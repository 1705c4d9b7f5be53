"""Yes or no."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import StrictBool

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause, Column, Kind, OneOf
from common.domain.conditions.line import Line, Test, lines


class YesNoOp(StrEnum):
    IS = "is"


@lines.register
class YesNoLine(Line):
    """Neither yes nor no holds for a missing value."""

    type: Literal["yes_no"] = "yes_no"
    op: YesNoOp = YesNoOp.IS
    value: StrictBool

    def problem(self) -> None:
        return None

    def read(self, value: Any, asker: Asker) -> bool | None:
        return value if isinstance(value, bool) else None

    def meets(self, known: bool, now: datetime, asker: Asker) -> bool:
        return known == self.value

    def test(self, asker: Asker) -> Test:
        expected = self.value
        return lambda value, now: value is expected

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        return OneOf(Column(self.field, Kind.YES_NO), (self.value,))
