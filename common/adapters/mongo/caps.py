"""Collection `caps`: one document with the frequency caps of the installation."""

from datetime import datetime

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.caps import Caps, StoredCaps

CAPS = "caps"
INDEXES: dict[str, list[IndexModel]] = {CAPS: []}
ALL = "all"


class MongoCaps:
    def __init__(self, database: Database) -> None:
        self._caps = database[CAPS]

    async def all(self) -> StoredCaps:
        with translated():
            row = await self._caps.find_one({"_id": ALL}, {"_id": 0})
        return StoredCaps.model_validate(row or {})

    async def replace(self, caps: Caps, *, read: int, at: datetime) -> StoredCaps | None:
        stored = StoredCaps(caps=caps.caps, revision=read + 1, updated_at=at)
        document: Document = stored.model_dump(mode="json") | {"updated_at": at}
        try:
            with translated():
                result = await self._caps.replace_one(
                    {"_id": ALL, "revision": read}, document, upsert=read == 0
                )
        except DuplicateKeyError:
            return None
        return stored if result.modified_count or result.upserted_id is not None else None
