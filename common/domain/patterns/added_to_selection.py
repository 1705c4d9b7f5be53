"""The contact was added to a static selection."""

from typing import ClassVar, Literal

from common.domain.event import SELECTION_ADDED
from common.domain.model import Slug
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class AddedToSelection(Pattern):
    kind: Literal["added_to_selection"] = "added_to_selection"
    selection: Slug

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return SELECTION_ADDED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.selection", self.selection
