"""Collection `export_turns`: when the next scheduled export is due, and how far the last ones came."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pymongo import IndexModel, ReturnDocument

from common.adapters.mongo.client import Database, Document, translated

EXPORT_TURNS = "export_turns"
INDEXES: dict[str, list[IndexModel]] = {EXPORT_TURNS: []}


class MongoExportTurns:
    """One process exports at a time: whoever takes the turn. One that is cut short is made up for at the next."""

    def __init__(self, database: Database) -> None:
        self._turns = database[EXPORT_TURNS]

    async def take(self, place: str, form: str, every: timedelta) -> Mapping[str, datetime] | None:
        """How far each table was exported to this place in this form, if a turn is due and nobody else has taken
        it."""
        turn = key(place, form)
        with translated():
            await self._turns.update_one({"_id": turn}, {"$setOnInsert": {"v": 1}}, upsert=True)
            due = {"$lte": [{"$ifNull": ["$next", "$$NOW"]}, "$$NOW"]}
            later: Document = {"$add": ["$$NOW", int(every.total_seconds() * 1000)]}
            row = await self._turns.find_one_and_update(
                {"_id": turn, "$expr": due},
                [{"$set": {"next": later}}],
                return_document=ReturnDocument.BEFORE,
            )
        return None if row is None else row.get("cursors", {})

    async def came(
        self, place: str, form: str, table: str, before: datetime | None, cursor: datetime
    ) -> None:
        """What was written before `cursor` is there now; unless somebody else has got further."""
        name = f"cursors.{table}"
        with translated():
            await self._turns.update_one({"_id": key(place, form), name: before}, {"$set": {name: cursor}})


def key(place: str, form: str) -> str:
    """Files of another form begin with all rows."""
    return f"{form} {place}"
