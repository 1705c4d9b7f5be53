"""A number of points."""

from typing import Literal

from pydantic import Field

from common.domain.forms.answers import Answer, Posted, one_of
from common.domain.forms.controls import Choices, Control, Option
from common.domain.forms.element import Question, elements


@elements.register
class Rating(Question):
    """From 1 to `most` points, kept as a number."""

    kind: Literal["rating"] = "rating"
    most: int = Field(default=5, ge=2, le=10)

    @property
    def shown(self) -> Control:
        return Choices(tuple(Option(value, value) for value in self._values()), row=True)

    def parse(self, posted: Posted) -> Answer:
        return int(one_of(posted.text, self._values()))

    def _values(self) -> list[str]:
        return [str(number) for number in range(1, self.most + 1)]
