"""Remove the contact from a static selection."""

from collections.abc import Iterator, Sequence
from typing import Literal

from common.domain.model import Choice
from common.domain.outcomes import Outcome
from common.domain.steps.membership import leave
from common.domain.steps.step import Scene, Step, onward_with, steps


@steps.register
class RemoveFromSelection(Step):
    """Nothing is done, and nothing raised, for those who are no members."""

    kind: Literal["remove_from_selection"] = "remove_from_selection"
    selection: Choice = ""

    def arrive(self, scene: Scene) -> Outcome:
        return onward_with(leave(scene.contact, self.selection), scene.onward(self))

    def selections(self) -> Sequence[str]:
        return (self.selection,) if self.selection else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.selection:
            yield "selection", "choose the selection to remove the contact from"
