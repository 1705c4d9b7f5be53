"""Add the contact to a static selection."""

from collections.abc import Iterator, Sequence
from typing import Literal

from common.domain.model import Choice
from common.domain.outcomes import Outcome
from common.domain.steps.membership import join
from common.domain.steps.step import Scene, Step, onward_with, steps


@steps.register
class AddToSelection(Step):
    """Members stay members: nothing is done, and nothing raised, for them."""

    kind: Literal["add_to_selection"] = "add_to_selection"
    selection: Choice = ""

    def arrive(self, scene: Scene) -> Outcome:
        return onward_with(join(scene.contact, self.selection), scene.onward(self))

    def selections(self) -> Sequence[str]:
        return (self.selection,) if self.selection else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.selection:
            yield "selection", "choose the selection to add the contact to"
