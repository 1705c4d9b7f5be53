"""Collection `crm_looks`: how far we have looked at what was changed in the CRM; one row a kind of record."""

from dataclasses import dataclass
from datetime import timedelta

from pymongo import IndexModel, ReturnDocument

from common.adapters.mongo.client import Database, Document, translated

CRM_LOOKS = "crm_looks"
INDEXES: dict[str, list[IndexModel]] = {CRM_LOOKS: []}


@dataclass(frozen=True, slots=True)
class Look:
    """Moments as the CRM writes them, in an order that text has, too. Changes up to `through` are dealt with, those
    up to `seen` were there at the last look. `None`: there was none."""

    through: str | None = None
    seen: str | None = None


class MongoCrmLooks:
    """One process looks at a time: whoever takes the turn; a turn that came to nothing is taken again at the next."""

    def __init__(self, database: Database) -> None:
        self._looks = database[CRM_LOOKS]

    async def turn(self, kind: str, every: timedelta) -> Look | None:
        """The last look, if it is time for another and nobody else has taken it."""
        with translated():
            await self._looks.update_one({"_id": kind}, {"$setOnInsert": {"v": 1}}, upsert=True)
            due = {"$lte": [{"$ifNull": ["$next", "$$NOW"]}, "$$NOW"]}
            later: Document = {"$add": ["$$NOW", int(every.total_seconds() * 1000)]}
            row = await self._looks.find_one_and_update(
                {"_id": kind, "$expr": due},
                [{"$set": {"next": later}}],
                return_document=ReturnDocument.BEFORE,
            )
        return None if row is None else Look(row.get("through"), row.get("seen"))

    async def looked(self, kind: str, before: Look, after: Look) -> None:
        """Unless somebody else was faster."""
        with translated():
            await self._looks.update_one(
                {"_id": kind, "through": before.through, "seen": before.seen},
                {"$set": {"through": after.through, "seen": after.seen}},
            )
