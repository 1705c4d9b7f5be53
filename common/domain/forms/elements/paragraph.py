"""Words to read."""

from typing import ClassVar, Literal

from pydantic import Field

from common.domain.forms.controls import Control, Prose
from common.domain.forms.element import Element, elements


@elements.register
class Paragraph(Element):
    """Plain text; an empty line begins a new paragraph."""

    kind: Literal["paragraph"] = "paragraph"
    words: str = Field(min_length=1, max_length=10_000)

    asks: ClassVar[bool] = False

    @property
    def shown(self) -> Control:
        return Prose(self.words)
