"""The heading of what follows."""

from typing import ClassVar, Literal

from pydantic import Field

from common.domain.forms.controls import Control, Heading
from common.domain.forms.element import Element, elements


@elements.register
class Section(Element):
    kind: Literal["section"] = "section"
    title: str = Field(min_length=1, max_length=400)

    asks: ClassVar[bool] = False

    @property
    def shown(self) -> Control:
        return Heading(self.title)
