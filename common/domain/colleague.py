"""Our people as a contact sees them: who sells to it, who helps it (domain.md §6)."""

from dataclasses import dataclass
from enum import StrEnum

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
    """The users of one contact, as far as they are known."""

    owner: User | None = None
    service_contact: User | None = None

    def known(self, colleague: Colleague) -> User | None:
        return self.owner if colleague is Colleague.OUR_CONTACT else self.service_contact


NOBODY = Ours()
