"""End the contact's membership in a project."""

from collections.abc import Sequence
from typing import Literal

from common.domain.content_action import Action, Consequence, Raise, actions
from common.domain.event import PROJECT_REMOVED
from common.domain.model import Slug


@actions.register
class TakeOffProject(Action):
    kind: Literal["remove_from_project"] = "remove_from_project"
    project: Slug

    def does(self) -> Sequence[Consequence]:
        return (Raise(PROJECT_REMOVED, {"project": self.project}),)

    def projects(self) -> Sequence[str]:
        return (self.project,)
