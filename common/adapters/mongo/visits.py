"""Collection `visits`: who followed which link of a mail just now, until it is told whether a machine did."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel

from common.adapters.mongo.client import Database, Document, translated
from common.domain.bots import Visit
from common.messages.record import Record

VISITS = "visits"
INDEXES = {
    VISITS: [
        IndexModel([("at", ASCENDING)], partialFilterExpression={"waits": True}, name="visits_to_be_judged"),
        IndexModel([("effect", ASCENDING)], name="visits_by_mail"),
        IndexModel([("at", ASCENDING)], name="old_visits"),
    ]
}
KEPT = timedelta(hours=1)
"""Far longer than any visit is compared with another."""


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """`records`: what goes on the road if a person it was, the click itself behind what the link does; empty for what
    is known to be a machine's."""

    id: str
    effect: str
    contact: str
    visit: Visit
    records: Sequence[Record] = ()


class MongoVisits:
    """Written by whoever answers readers; judged by any of them, twice at worst."""

    def __init__(self, database: Database) -> None:
        self._visits = database[VISITS]

    async def add(self, stored: StoredVisit) -> None:
        with translated():
            await self._visits.insert_one(to_document(stored))

    async def ripe(self, until: datetime, limit: int) -> Sequence[StoredVisit]:
        """Those that wait and came before then, the oldest first."""
        with translated():
            rows = self._visits.find({"waits": True, "at": {"$lt": until}}).sort("at", ASCENDING)
            return [to_visit(row) async for row in rows.limit(limit)]

    async def of_effects(self, effects: Collection[str]) -> Sequence[StoredVisit]:
        with translated():
            rows = self._visits.find({"effect": {"$in": sorted(effects)}})
            return [to_visit(row) async for row in rows]

    async def judged(self, ids: Collection[str]) -> None:
        """These are on the road; and what is too old to be compared with goes."""
        old = {"at": {"$lt": datetime.now(UTC) - KEPT}, "waits": False}
        with translated():
            await self._visits.update_many(
                {"_id": {"$in": sorted(ids)}}, {"$set": {"waits": False, "records": []}}
            )
            await self._visits.delete_many(old)


def to_document(stored: StoredVisit) -> Document:
    visit = stored.visit
    return {
        "_id": stored.id,
        "v": 1,
        "effect": stored.effect,
        "contact": stored.contact,
        "link": visit.link,
        "at": visit.at,
        "method": visit.method,
        "user_agent": visit.user_agent,
        "waits": bool(stored.records),
        "records": [record.model_dump(exclude_defaults=True) for record in stored.records],
    }


def to_visit(row: Any) -> StoredVisit:
    return StoredVisit(
        id=row["_id"],
        effect=row["effect"],
        contact=row["contact"],
        visit=Visit(row["link"], row["at"], row["method"], row["user_agent"]),
        records=[Record.model_validate(record) for record in row["records"]],
    )
