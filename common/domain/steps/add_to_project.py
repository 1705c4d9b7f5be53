"""Add the contact to a project."""

from collections.abc import Iterator, Sequence
from typing import Literal

from common.domain.model import Choice
from common.domain.outcomes import Outcome
from common.domain.steps.membership import join
from common.domain.steps.step import Scene, Step, onward_with, steps


@steps.register
class AddToProject(Step):
    """Members stay members: nothing is done, and nothing raised, for them."""

    kind: Literal["add_to_project"] = "add_to_project"
    project: Choice = ""

    def arrive(self, scene: Scene) -> Outcome:
        return onward_with(join(scene.contact, self.project, "project"), scene.onward(self))

    def projects(self) -> Sequence[str]:
        return (self.project,) if self.project else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.project:
            yield "project", "choose the project to add the contact to"
