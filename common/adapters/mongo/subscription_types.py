"""Collection `subscription_types`: what contacts can subscribe to. Who has is a field of the contact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.subscription_type import SubscriptionType, SubscriptionTypeData

SUBSCRIPTION_TYPES = "subscription_types"
INDEXES: dict[str, list[Any]] = {SUBSCRIPTION_TYPES: []}


class MongoSubscriptionTypes:
    def __init__(self, database: Database) -> None:
        self._types = database[SUBSCRIPTION_TYPES]

    async def get(self, name: str) -> SubscriptionType | None:
        with translated():
            row = await self._types.find_one({"_id": name})
        return to_type(row) if row else None

    async def all(self) -> Sequence[SubscriptionType]:
        with translated():
            return [to_type(row) async for row in self._types.find().sort("_id", ASCENDING)]

    async def create(self, name: str, data: SubscriptionTypeData, *, at: datetime) -> SubscriptionType | None:
        """`None` when there is one."""
        fresh = SubscriptionType(id=name, created_at=at, updated_at=at, **data.model_dump())
        try:
            with translated():
                await self._types.insert_one(to_document(fresh))
        except DuplicateKeyError:
            return None
        return fresh

    async def save(self, changed: SubscriptionType, *, read: int) -> bool:
        """Replace it if it still has the revision `read`."""
        with translated():
            result = await self._types.replace_one(
                {"_id": changed.id, "revision": read}, to_document(changed)
            )
        return result.modified_count == 1

    async def remove(self, name: str) -> bool:
        """Off the list; contacts keep what they have subscribed to."""
        with translated():
            return (await self._types.delete_one({"_id": name})).deleted_count == 1


def to_document(kept: SubscriptionType) -> Document:
    return {"_id": kept.id, **kept.model_dump(exclude={"id"})}


def to_type(row: Document) -> SubscriptionType:
    return SubscriptionType.model_validate({"id": row.pop("_id")} | row)
