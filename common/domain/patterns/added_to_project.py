"""The contact was added to a project."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from common.domain.conditions import Criteria
from common.domain.conditions.list import ListLine, ListOp
from common.domain.event import PROJECT_ADDED
from common.domain.model import Choice
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class AddedToProject(Pattern):
    """As a success criterion it is met by who is on the project already, unless its conditions ask of the event."""

    kind: Literal["added_to_project"] = "added_to_project"
    project: Choice = ""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return PROJECT_ADDED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.project", self.project

    def projects(self) -> Sequence[str]:
        return (self.project,) if self.project else ()

    @property
    def state(self) -> Criteria | None:
        if not self._asks_of_contact_alone():
            return None
        return self._conditions_and(
            ListLine(field="contact.projects", op=ListOp.ONE_OF, value=[self.project])
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.project:
            yield "project", "choose the project"
