"""Split by the projects that the contact is in."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.conditions import Seen
from common.domain.model import Choice
from common.domain.steps.branching import Asked, Branching, Way
from common.domain.steps.step import Scene, steps


class ProjectBranch(Way):
    """The members of this project."""

    project: Choice = ""


@steps.register
class SplitByProject(Branching):
    kind: Literal["split_by_project"] = "split_by_project"
    branches: list[ProjectBranch] = Field(default_factory=list, max_length=50)

    def ask(self, branch: ProjectBranch, scene: Scene) -> Asked:
        inside = branch.project in scene.contact.projects
        value = branch.project if inside else None
        line = Seen(
            field="contact.projects", op="one_of", expected=[branch.project], value=value, holds=inside
        )
        return Asked(inside, (line,))

    def projects(self) -> Sequence[str]:
        return [branch.project for branch in self.branches if branch.project]

    def branch_problems(self, branch: ProjectBranch) -> Iterator[tuple[str, str]]:
        if not branch.project:
            yield "project", f"choose the project of branch {branch.name!r}"
