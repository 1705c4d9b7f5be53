"""Several lines of text."""

from typing import Literal

from common.domain.forms.answers import MOST_TEXT, Answer, Posted, bounded
from common.domain.forms.controls import Area, Control
from common.domain.forms.element import Question, elements


@elements.register
class LongText(Question):
    kind: Literal["long_text"] = "long_text"

    @property
    def shown(self) -> Control:
        return Area(MOST_TEXT)

    def parse(self, posted: Posted) -> Answer:
        return bounded(posted.text.replace("\r\n", "\n"), MOST_TEXT)
