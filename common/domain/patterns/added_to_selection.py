"""The contact was added to a static selection."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from common.domain.conditions import Criteria
from common.domain.conditions.list import ListLine, ListOp
from common.domain.event import SELECTION_ADDED
from common.domain.model import Choice
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class AddedToSelection(Pattern):
    """As a success criterion it is met by who is on the selection already, unless its conditions ask of the event."""

    kind: Literal["added_to_selection"] = "added_to_selection"
    selection: Choice = ""

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return SELECTION_ADDED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.selection", self.selection

    def selections(self) -> Sequence[str]:
        return (self.selection,) if self.selection else ()

    @property
    def state(self) -> Criteria | None:
        if not self._asks_of_contact_alone():
            return None
        return self._conditions_and(
            ListLine(field="contact.selections", op=ListOp.ONE_OF, value=[self.selection])
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.selection:
            yield "selection", "choose the selection"
