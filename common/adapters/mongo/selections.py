"""Collection `selections`: names, descriptions and searches. Membership is a field of the contact."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.selection import Selection, SelectionData

SELECTIONS = "selections"

INDEXES: dict[str, list[IndexModel]] = {SELECTIONS: []}


class MongoSelections:
    def __init__(self, database: Database) -> None:
        self._selections = database[SELECTIONS]

    async def get(self, selection: str) -> Selection | None:
        with translated():
            row = await self._selections.find_one({"_id": selection})
        return to_selection(row) if row else None

    async def all(self) -> Sequence[Selection]:
        with translated():
            return [to_selection(row) async for row in self._selections.find().sort("_id", ASCENDING)]

    async def create(self, selection: str, data: SelectionData, *, at: datetime) -> Selection | None:
        fresh = Selection(id=selection, created_at=at, updated_at=at, **data.model_dump())
        try:
            with translated():
                await self._selections.insert_one(to_document(fresh))
        except DuplicateKeyError:
            return None
        return fresh

    async def save(self, selection: Selection, *, read: int) -> bool:
        with translated():
            result = await self._selections.replace_one(
                {"_id": selection.id, "revision": read}, to_document(selection)
            )
        return result.modified_count == 1


def to_document(selection: Selection) -> Document:
    return {
        "_id": selection.id,
        **selection.model_dump(exclude={"id", "kind"}),
        **selection.model_dump(mode="json", include={"kind", "criteria"}),
    }


def to_selection(row: Document) -> Selection:
    return Selection.model_validate({"id": row.pop("_id")} | row)
