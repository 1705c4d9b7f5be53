"""What a contact is interested in."""

from typing import Literal

from common.domain.conditions.line import lines
from common.domain.conditions.list import ChoiceLine, ListOp

FIELDS = ("contact.interests", "before.interests")


@lines.register
class InterestsLine(ChoiceLine):
    """The operators of `list`, asked of the interests, now or before the event."""

    type: Literal["interests"] = "interests"
    op: ListOp

    def problem(self) -> str | None:
        if self.field not in FIELDS:
            return f"is asked of interests: the field is one of {', '.join(FIELDS)}"
        return super().problem()
