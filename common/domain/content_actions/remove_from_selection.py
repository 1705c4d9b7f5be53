"""Take the contact off a selection."""

from collections.abc import Sequence
from typing import Literal

from common.domain.content_action import Action, Consequence, Raise, actions
from common.domain.event import SELECTION_REMOVED
from common.domain.model import Slug


@actions.register
class TakeOffSelection(Action):
    kind: Literal["remove_from_selection"] = "remove_from_selection"
    selection: Slug

    def does(self) -> Sequence[Consequence]:
        return (Raise(SELECTION_REMOVED, {"selection": self.selection}),)

    def selections(self) -> Sequence[str]:
        return (self.selection,)
