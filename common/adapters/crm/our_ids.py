"""Who a person of the reference CRM is here, where that is told of under another id."""

from collections.abc import Iterable, Mapping

from common.domain.forms.submission import person_of_address
from common.domain.reassess import address_key
from common.ports import Contacts, CrmPeople


class OurIds:
    """Raises `Unavailable`."""

    def __init__(self, people: CrmPeople, contacts: Contacts) -> None:
        self._people = people
        self._contacts = contacts

    async def of(self, keys: Iterable[str]) -> Mapping[str, str]:
        """By the CRM's id, ours, where it is another."""
        return await self._people.here(keys)

    async def of_person(self, key: str, address: str | None) -> str:
        """Of a record that was read. The CRM may tell of somebody whom we have just made there before its answer to
        us is noted: whom a form created here has an id that follows from the address."""
        known = await self.of([key])
        if key in known or address is None:
            return known.get(key, key)
        made = person_of_address(address_key(address))
        here = await self._contacts.many([key, made])
        if made not in here or key in here:
            return key
        await self._people.note(made, key)
        return made
