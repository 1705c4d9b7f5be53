"""Collection `crm_people`: contacts that have another id in the CRM than here, one row each.

One whose person is a contact here already, under the CRM's id, is an `alias`: what is done for it is done for that
person, and what the CRM tells stays with the other.
"""

from collections.abc import Iterable, Mapping

from pymongo import ASCENDING, IndexModel

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.contacts import CONTACTS, MongoContacts
from common.domain.contact import Contact

CRM_PEOPLE = "crm_people"
INDEXES = {CRM_PEOPLE: [IndexModel([("key", ASCENDING)], name="people_by_the_crm_s_id")]}


class MongoCrmPeople:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._people = database[CRM_PEOPLE]

    async def there(self, contacts: Iterable[str]) -> Mapping[str, str]:
        with translated():
            found = self._people.find({"_id": {"$in": list(set(contacts))}})
            return {row["_id"]: row["key"] async for row in found}

    async def here(self, keys: Iterable[str]) -> Mapping[str, str]:
        with translated():
            rows = self._people.find({"key": {"$in": list(set(keys))}, "alias": False})
            return {row["key"]: row["_id"] async for row in rows}

    async def note(self, contact: str, key: str) -> None:
        with translated():
            here = await self._database[CONTACTS].find_one({"_id": key}, {"_id": 1})
            taken = here or await self._people.find_one({"key": key, "_id": {"$ne": contact}}, {"_id": 1})
            row: Document = {"v": 1, "key": key, "alias": taken is not None}
            await self._people.update_one({"_id": contact}, {"$setOnInsert": row}, upsert=True)


class ContactsOfTheCrm(MongoContacts):
    """By the ids that the CRM has for them."""

    def __init__(self, database: Database, partitions: int, people: MongoCrmPeople) -> None:
        super().__init__(database, partitions)
        self._people = people

    async def many(self, ids: Iterable[str]) -> dict[str, Contact]:
        keys = list(ids)
        ours = await self._people.here(keys)
        found = await super().many(ours.get(key, key) for key in keys)
        return {key: found[name] for key in keys if (name := ours.get(key, key)) in found}
