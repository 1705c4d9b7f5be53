"""Changes of membership in static selections; whoever is so already needs none."""

from common.domain.contact import Contact, ContactData
from common.domain.event import SELECTION_ADDED, SELECTION_REMOVED
from common.domain.outcomes import ChangeContact


def join(contact: Contact, selection: str) -> tuple[ChangeContact, ...]:
    """Make the contact a member."""
    if selection in contact.selections:
        return ()
    return (_change([*contact.selections, selection], SELECTION_ADDED, selection),)


def leave(contact: Contact, selection: str) -> tuple[ChangeContact, ...]:
    """End the contact's membership."""
    if selection not in contact.selections:
        return ()
    rest = [name for name in contact.selections if name != selection]
    return (_change(rest, SELECTION_REMOVED, selection),)


def _change(selections: list[str], raises: str, selection: str) -> ChangeContact:
    return ChangeContact(
        change=ContactData(selections=selections), raises=raises, data={"selection": selection}
    )
