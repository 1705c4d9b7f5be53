"""What a step does with those who leave the flow there (domain.md §6, "Exit flow")."""

from typing import Any

from pydantic import Field

from common.domain.contact import Contact
from common.domain.model import Model, Slug
from common.domain.outcomes import Act, Leave, SuggestFor
from common.domain.reasons import DropOut
from common.domain.steps.membership import join


class ExitSettings(Model):
    """Another flow to suggest the contact to (filters there decide), a selection to add it to, free words."""

    suggest_for: Slug | None = None
    add_to_selection: Slug | None = None
    text: str = Field(default="", max_length=500)

    def leave(self, reason: DropOut, contact: Contact, why: dict[str, Any]) -> Leave:
        """Drop out with this reason, and what these settings add to it."""
        return Leave(reason=reason, acts=self._acts(contact), text=self.text or None, why=why)

    def _acts(self, contact: Contact) -> tuple[Act, ...]:
        joined: tuple[Act, ...] = join(contact, self.add_to_selection) if self.add_to_selection else ()
        suggested: tuple[Act, ...] = (SuggestFor(flow=self.suggest_for),) if self.suggest_for else ()
        return (*joined, *suggested)
