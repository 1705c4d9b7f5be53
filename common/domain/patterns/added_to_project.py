"""The contact was added to a project."""

from typing import ClassVar, Literal

from common.domain.event import PROJECT_ADDED
from common.domain.model import Slug
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class AddedToProject(Pattern):
    kind: Literal["added_to_project"] = "added_to_project"
    project: Slug

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return PROJECT_ADDED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.project", self.project
