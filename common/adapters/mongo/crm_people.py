"""Collection `crm_people`: contacts that have another id in the CRM than here, one row each."""

from collections.abc import Iterable, Mapping

from pymongo import ASCENDING, IndexModel

from common.adapters.mongo.client import Database, translated

CRM_PEOPLE = "crm_people"
INDEXES = {CRM_PEOPLE: [IndexModel([("key", ASCENDING)], name="people_by_the_crm_s_id")]}


class MongoCrmPeople:
    def __init__(self, database: Database) -> None:
        self._people = database[CRM_PEOPLE]

    async def there(self, contacts: Iterable[str]) -> Mapping[str, str]:
        with translated():
            found = self._people.find({"_id": {"$in": list(set(contacts))}})
            return {row["_id"]: row["key"] async for row in found}

    async def here(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Of two with one id there, the first."""
        with translated():
            rows = self._people.find({"key": {"$in": list(set(keys))}}).sort("_id", -1)
            return {row["key"]: row["_id"] async for row in rows}

    async def note(self, contact: str, key: str) -> None:
        with translated():
            await self._people.update_one(
                {"_id": contact}, {"$setOnInsert": {"v": 1, "key": key}}, upsert=True
            )
