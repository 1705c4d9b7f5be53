"""Our people as a contact sees them: who sells to it, who helps it (domain.md §6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from common.domain.contact import Contact
from common.domain.user import User


class Colleague(StrEnum):
    """Users named by what they are to a contact or its company."""

    OUR_CONTACT = "our_contact"
    OUR_SERVICE_CONTACT = "our_service_contact"

    def of(self, contact: Contact) -> str | None:
        """The user's id; the contact's own goes before its company's."""
        match self:
            case Colleague.OUR_CONTACT:
                return contact.our_contact
            case Colleague.OUR_SERVICE_CONTACT:
                return contact.our_service_contact


@dataclass(frozen=True, slots=True)
class Ours:
    """What we know beside the contact's own data: its users, as far as they are known; the data of the `event` that
    brought it into the flow, and the `fields` of the form that it submitted last."""

    owner: User | None = None
    service_contact: User | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def known(self, colleague: Colleague) -> User | None:
        return self.owner if colleague is Colleague.OUR_CONTACT else self.service_contact


NOBODY = Ours()
