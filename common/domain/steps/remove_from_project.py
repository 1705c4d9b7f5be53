"""Remove the contact from a project."""

from collections.abc import Iterator, Sequence
from typing import Literal

from common.domain.model import Choice
from common.domain.outcomes import Outcome
from common.domain.steps.membership import leave
from common.domain.steps.step import Scene, Step, onward_with, steps


@steps.register
class RemoveFromProject(Step):
    """Nothing is done, and nothing raised, for those who are not members."""

    kind: Literal["remove_from_project"] = "remove_from_project"
    project: Choice = ""

    def arrive(self, scene: Scene) -> Outcome:
        return onward_with(leave(scene.contact, self.project, "project"), scene.onward(self))

    def projects(self) -> Sequence[str]:
        return (self.project,) if self.project else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.project:
            yield "project", "choose the project to remove the contact from"
