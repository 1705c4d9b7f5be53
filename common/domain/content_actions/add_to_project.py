"""Make the contact a member of a project."""

from collections.abc import Sequence
from typing import Literal

from common.domain.content_action import Action, Consequence, Raise, actions
from common.domain.event import PROJECT_ADDED
from common.domain.model import Slug


@actions.register
class PutOnProject(Action):
    kind: Literal["add_to_project"] = "add_to_project"
    project: Slug

    def does(self) -> Sequence[Consequence]:
        return (Raise(PROJECT_ADDED, {"project": self.project}),)

    def projects(self) -> Sequence[str]:
        return (self.project,)
