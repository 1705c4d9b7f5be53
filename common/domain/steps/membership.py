"""Changes of membership in static selections and projects; whoever is so already needs none."""

from typing import Literal

from common.domain.contact import Contact, ContactData
from common.domain.event import PROJECT_ADDED, PROJECT_REMOVED, SELECTION_ADDED, SELECTION_REMOVED
from common.domain.outcomes import ChangeContact

Joined = Literal["selection", "project"]
"""What contacts may be members of; the contact's field is of the same name in the plural."""

ADDED = {"selection": SELECTION_ADDED, "project": PROJECT_ADDED}
REMOVED = {"selection": SELECTION_REMOVED, "project": PROJECT_REMOVED}


def join(contact: Contact, name: str, what: Joined = "selection") -> tuple[ChangeContact, ...]:
    """Make the contact a member."""
    members = _memberships(contact, what)
    return () if name in members else (_change(what, [*members, name], ADDED[what], name),)


def leave(contact: Contact, name: str, what: Joined = "selection") -> tuple[ChangeContact, ...]:
    """End the contact's membership."""
    members = _memberships(contact, what)
    if name not in members:
        return ()
    return (_change(what, [each for each in members if each != name], REMOVED[what], name),)


def _memberships(contact: Contact, what: Joined) -> list[str]:
    return contact.selections if what == "selection" else contact.projects


def _change(what: Joined, members: list[str], raises: str, name: str) -> ChangeContact:
    change = ContactData.model_validate({f"{what}s": members})
    return ChangeContact(change=change, raises=raises, data={what: name})
