"""A line of text."""

from typing import Literal

from common.domain.forms.answers import Answer, Posted, bounded
from common.domain.forms.controls import Control, Line
from common.domain.forms.element import Question, elements

MOST = 400


@elements.register
class Text(Question):
    kind: Literal["text"] = "text"

    @property
    def shown(self) -> Control:
        return Line(most=MOST)

    def parse(self, posted: Posted) -> Answer:
        return bounded(posted.text, MOST)
