"""A value that the form's author gives."""

from typing import Literal

from pydantic import Field

from common.domain.forms.answers import MOST_TEXT, Answer, Posted, bounded
from common.domain.forms.controls import Control, Unseen
from common.domain.forms.element import Element, elements


@elements.register
class Hidden(Element):
    """`value` stands unless the page that embeds the form posts another: what is told here proves nothing."""

    kind: Literal["hidden"] = "hidden"
    value: str = Field(default="", max_length=MOST_TEXT)

    @property
    def shown(self) -> Control:
        return Unseen(self.value)

    def read(self, posted: Posted) -> Answer | None:
        return bounded(posted.text or self.value, MOST_TEXT) or None
