"""Split by the selections that the contact is in."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.conditions import Seen
from common.domain.model import Choice
from common.domain.steps.branching import Asked, Branching, Way
from common.domain.steps.step import Scene, steps


class SelectionBranch(Way):
    """The members of this selection."""

    selection: Choice = ""


@steps.register
class SplitBySelection(Branching):
    kind: Literal["split_by_selection"] = "split_by_selection"
    branches: list[SelectionBranch] = Field(default_factory=list, max_length=50)

    def ask(self, branch: SelectionBranch, scene: Scene) -> Asked:
        inside = branch.selection in scene.contact.selections
        value = branch.selection if inside else None
        line = Seen(
            field="contact.selections", op="one_of", expected=[branch.selection], value=value, holds=inside
        )
        return Asked(inside, (line,))

    def selections(self) -> Sequence[str]:
        return [branch.selection for branch in self.branches if branch.selection]

    def branch_problems(self, branch: SelectionBranch) -> Iterator[tuple[str, str]]:
        if not branch.selection:
            yield "selection", f"choose the selection of branch {branch.name!r}"
