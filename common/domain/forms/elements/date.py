"""A day of the calendar."""

from datetime import date
from typing import Literal

from common.domain.forms.answers import Answer, BadAnswer, Posted, Wrong
from common.domain.forms.controls import Control, Line
from common.domain.forms.element import Question, elements


@elements.register
class Date(Question):
    """Kept as `2026-11-24`."""

    kind: Literal["date"] = "date"

    @property
    def shown(self) -> Control:
        return Line("date", most=10)

    def parse(self, posted: Posted) -> Answer:
        try:
            return date.fromisoformat(posted.text).isoformat()
        except ValueError:
            raise BadAnswer(Wrong.NO_DATE) from None
