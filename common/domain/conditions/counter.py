"""Counters: how often something happened."""

from datetime import datetime
from typing import Any, Literal

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause, Column, Compared, Every, Kind, Than
from common.domain.conditions.line import lines
from common.domain.conditions.number import NumericLine, is_number


@lines.register
class CounterLine(NumericLine):
    """The operators of `number`; a counter stands at nought or above, and anything else is empty."""

    type: Literal["counter"] = "counter"

    @staticmethod
    def knows(value: Any) -> bool:
        return is_number(value) and value >= 0

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        counts = Compared(Column(self.field, Kind.NUMBER), Than.AT_LEAST, 0)
        return Every((counts, super().positive(asker, now)))
