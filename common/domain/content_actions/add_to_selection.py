"""Put the contact on a selection."""

from collections.abc import Sequence
from typing import Literal

from common.domain.content_action import Action, Consequence, Raise, actions
from common.domain.event import SELECTION_ADDED
from common.domain.model import Slug


@actions.register
class PutOnSelection(Action):
    kind: Literal["add_to_selection"] = "add_to_selection"
    selection: Slug

    def does(self) -> Sequence[Consequence]:
        return (Raise(SELECTION_ADDED, {"selection": self.selection}),)

    def selections(self) -> Sequence[str]:
        return (self.selection,)
