"""One of several answers, all in sight."""

from typing import Literal

from common.domain.forms.choice import Choice
from common.domain.forms.controls import Choices, Control
from common.domain.forms.element import elements


@elements.register
class Radio(Choice):
    kind: Literal["radio"] = "radio"

    @property
    def shown(self) -> Control:
        return Choices(self.offered)
