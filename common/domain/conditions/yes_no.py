"""Yes or no."""

from datetime import tzinfo
from enum import StrEnum
from typing import Any, Literal

from pydantic import StrictBool

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

    def read(self, value: Any, zone: tzinfo) -> bool | None:
        return value if isinstance(value, bool) else None

    def meets(self, known: bool, zone: tzinfo) -> bool:
        return known == self.value

    def test(self, zone: tzinfo) -> Test:
        expected = self.value
        return lambda value: value is expected
