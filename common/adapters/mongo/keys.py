"""Collection `keys`: API keys by the hash of their secret."""

from collections.abc import Sequence
from contextlib import suppress

import pymongo
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.access import ApiKey

KEYS = "keys"
PATIENCE = 2.0
"""Seconds that somebody at the door waits for the database."""

INDEXES: dict[str, list[IndexModel]] = {
    KEYS: [IndexModel([("sha256", ASCENDING)], unique=True, name="key_by_hash")]
}


class MongoKeys:
    def __init__(self, database: Database) -> None:
        self._keys = database[KEYS]

    async def find(self, sha256: str) -> ApiKey | None:
        with translated(), pymongo.timeout(PATIENCE):
            row = await self._keys.find_one({"sha256": sha256})
        return to_key(row) if row else None

    async def all(self) -> Sequence[ApiKey]:
        """In the order in which they were made."""
        with translated():
            return [to_key(row) async for row in self._keys.find().sort("created_at", ASCENDING)]

    async def add(self, key: ApiKey) -> None:
        """Adding the same secret twice, even at once, leaves the first one."""
        with translated(), suppress(DuplicateKeyError):
            await self._keys.update_one(
                {"sha256": key.sha256}, {"$setOnInsert": to_document(key)}, upsert=True
            )

    async def remove(self, key: str) -> bool:
        with translated():
            result = await self._keys.delete_one({"_id": key})
        return result.deleted_count == 1


def to_document(key: ApiKey) -> Document:
    return {"_id": key.id} | key.model_dump(mode="python", exclude={"id"}) | {"scopes": sorted(key.scopes)}


def to_key(row: Document) -> ApiKey:
    return ApiKey.model_validate({"id": row.pop("_id")} | row)
