"""Boxes to tick: a single one for yes or no, or several of which some are taken."""

from typing import Literal

from pydantic import Field

from common.domain.forms.answers import NOTHING, Answer, BadAnswer, Posted, Wrong, one_of
from common.domain.forms.choice import Offered
from common.domain.forms.controls import Choices, Control, Option, Tick
from common.domain.forms.element import Question, elements

ON = frozenset({"on", "yes", "true", "True", "1"})
"""What says that a single box is ticked: a browser's word, and those of programs."""


def ticked(posted: Posted) -> bool:
    return posted.text in ON


@elements.register
class Checkbox(Question):
    """Without `options` its answer is yes or no, with them the list of those ticked."""

    kind: Literal["checkbox"] = "checkbox"
    options: list[Offered] = Field(default_factory=list, max_length=200)

    @property
    def caption(self) -> str:
        return self.label if self.options else ""

    @property
    def shown(self) -> Control:
        if not self.options:
            return Tick(self.label)
        return Choices(tuple(Option(each.value, each.label) for each in self.options), many=True)

    def read(self, posted: Posted) -> Answer | None:
        answer = self._many(posted) if self.options else ticked(posted)
        if self.required and not answer:
            raise BadAnswer(Wrong.NEEDED)
        return answer if posted != NOTHING or not self.options else None

    def _many(self, posted: Posted) -> list[str]:
        allowed = [each.value for each in self.options]
        return list(dict.fromkeys(one_of(value, allowed) for value in posted.values))
