"""Who a contact of ours is in the reference CRM, which gives its persons numbers."""

import asyncio

from common.adapters.crm.patching import new_person
from common.adapters.crm.persons import CrmPersons, Key
from common.domain.contact import Contact
from common.domain.delivery import Delivery, Refused, Uncertain
from common.ports import CrmPeople

NOBODY_YET = "the contact has neither name nor address, so the CRM can't have it"
NOT_YET = "nobody knows yet whether the CRM has the contact now"


class Identities:
    """A contact of whom the CRM told has its number for an id. Anybody else is looked for there by address, and made
    if nobody has it; so a create without an answer is no doubt: it is looked for at the next try."""

    def __init__(self, persons: CrmPersons, people: CrmPeople) -> None:
        self._persons = persons
        self._people = people
        self._one_at_a_time = asyncio.Lock()

    async def of(self, contact: Contact) -> Key | Delivery:
        """Raises `Unavailable`."""
        if contact.id.isdecimal():
            return Key(contact.id)
        async with self._one_at_a_time:
            known = await self._people.there([contact.id])
            if contact.id in known:
                return Key(known[contact.id])
            found = await self._found_or_made(contact)
            if isinstance(found, Key):
                await self._people.note(contact.id, found.id)
            return found

    async def _found_or_made(self, contact: Contact) -> Key | Delivery:
        if not (contact.email or contact.name):
            return Refused(NOBODY_YET, permanent=True, of_address=False)
        found = await self._persons.person_with_address(contact.email) if contact.email else None
        if found is not None:
            return found
        made = await self._persons.create_person(new_person(contact))
        if isinstance(made, Uncertain) and contact.email:
            return Refused(NOT_YET, permanent=False, of_address=False)
        return made
