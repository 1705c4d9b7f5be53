"""One of several answers, in a list that folds out."""

from typing import Literal

from common.domain.forms.choice import Choice
from common.domain.forms.controls import Control, DropDown
from common.domain.forms.element import elements


@elements.register
class DropDownList(Choice):
    kind: Literal["drop_down"] = "drop_down"

    @property
    def shown(self) -> Control:
        return DropDown(self.offered)
