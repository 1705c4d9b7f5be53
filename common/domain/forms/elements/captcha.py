"""A proof that a person fills in the form: a small sum, a trap, and some time."""

from typing import ClassVar, Literal

from pydantic import Field

from common.domain.forms.controls import Control, Puzzle
from common.domain.forms.element import Element, elements


@elements.register
class Captcha(Element):
    """`seconds`: how long a person needs at least from the page to the answer."""

    kind: Literal["captcha"] = "captcha"
    label: str = Field(default="Please solve", min_length=1, max_length=400)
    seconds: int = Field(default=3, ge=0, le=60)

    asks: ClassVar[bool] = False
    puzzle: ClassVar[bool] = True

    @property
    def shown(self) -> Control:
        return Puzzle()

    @property
    def caption(self) -> str:
        return self.label

    @property
    def needed(self) -> bool:
        return True
