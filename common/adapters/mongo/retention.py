"""What is kept no longer than its time: removed in batches, by machine time. A passage leaves a tombstone."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DeleteMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.archive import EVENTS
from common.adapters.mongo.attachments import ATTACHMENTS, PIECES, pieces_of
from common.adapters.mongo.bulk import BULKS, SHARES
from common.adapters.mongo.client import Database, Document, in_transaction, translated
from common.adapters.mongo.decisions import DECISIONS
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.forms import FILES, SUBMISSIONS
from common.adapters.mongo.participants import PARTICIPANTS, TOMBSTONES, tombstone_id
from common.adapters.mongo.refused import REFUSED
from common.adapters.mongo.report_rows import CORRECTIONS, FACT_TABLES, TIMES
from common.domain.bulk import BulkState

NANOSECONDS = 1_000_000_000

HORIZONS = "report_horizons"
"""Up to which business time facts, and what they follow from, have been removed: a row for each in `TIMES_OF`."""
INDEXES: dict[str, list[Any]] = {HORIZONS: []}


class Kept(StrEnum):
    """What has an age. Participants and effects age from their end."""

    EVENTS = EVENTS
    DECISIONS = DECISIONS
    EFFECTS = EFFECTS
    PARTICIPANTS = PARTICIPANTS
    FACTS = "facts"
    """The tables of what happened."""
    REFUSED = REFUSED
    SUBMISSIONS = SUBMISSIONS
    ATTACHMENTS = ATTACHMENTS
    BULK_ENROLMENTS = BULKS


AGES: Mapping[Kept, str] = {
    Kept.EVENTS: "archived_at",
    Kept.DECISIONS: "_id",
    Kept.EFFECTS: "ended_at",
    Kept.PARTICIPANTS: "ended_at",
    Kept.FACTS: "kept_at",
    Kept.REFUSED: "at",
    Kept.SUBMISSIONS: "kept_at",
    Kept.ATTACHMENTS: "unused_since",
    Kept.BULK_ENROLMENTS: "kept_at",
}
"""The field by which each ages. The ids of decisions begin with machine time."""

COLLECTIONS: Mapping[Kept, tuple[str, ...]] = {Kept.FACTS: (*FACT_TABLES, CORRECTIONS)}
"""Of what lies in others than the one of its name."""

TIMES_OF: Mapping[Kept, tuple[str, ...]] = {
    Kept.FACTS: ("at", *TIMES),
    Kept.DECISIONS: ("at",),
    Kept.EVENTS: ("time",),
    Kept.EFFECTS: ("planned_at",),
}
"""By what ages, the business times at which it tells of something; a message tells of several."""


class MongoRetention:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def remove(self, kept: Kept, before: datetime, limit: int) -> int:
        """Remove up to `limit` documents that are older, the oldest first; answers how many."""
        for collection in COLLECTIONS.get(kept, (kept.value,)):
            if removed := await self._remove(kept, collection, before, limit):
                return removed
        return 0

    async def _remove(self, kept: Kept, collection: str, before: datetime, limit: int) -> int:
        field = AGES[kept]
        edge: Any = decision_edge(before) if kept is Kept.DECISIONS else before
        query: Document = {field: {"$lt": edge}}
        with translated():
            shown = dict.fromkeys(("contact", "flow", *TIMES_OF.get(kept, ())), 1)
            rows = self._database[collection].find(query, shown).sort(field, ASCENDING)
            old = [row async for row in rows.limit(limit)]
        if not old:
            return 0
        if kept is Kept.PARTICIPANTS:
            return await self._bury(old)
        if kept is Kept.ATTACHMENTS:
            return await self._unused([row["_id"] for row in old], query)
        if kept is Kept.BULK_ENROLMENTS:
            return await self._over([row["_id"] for row in old])
        if kept in TIMES_OF and collection != CORRECTIONS:
            await self._move_horizon(kept, old)
        with translated():
            gone: Document = {"_id": {"$in": [row["_id"] for row in old]}}
            if kept is Kept.SUBMISSIONS:
                await self._database[FILES].delete_many(gone)
            result = await self._database[collection].delete_many(gone)
        return result.deleted_count

    async def _unused(self, files: list[str], still: Document) -> int:
        """Files with what is in them, unless a content has come to name them meanwhile."""

        async def body(session: AsyncClientSession) -> int:
            gone = 0
            for file in files:
                removed = await self._database[ATTACHMENTS].delete_one(
                    {"_id": file, **still}, session=session
                )
                if removed.deleted_count:
                    await self._database[PIECES].delete_many(pieces_of(file), session=session)
                gone += removed.deleted_count
            return gone

        return await in_transaction(self._database, body)

    async def _move_horizon(self, kept: Kept, old: list[Document]) -> None:
        """Before they go, so that nobody looks for them in vain."""
        times = [at for row in old for name in TIMES_OF[kept] if (at := row.get(name))]
        with translated():
            await self._database[HORIZONS].update_one(
                {"_id": kept.value}, {"$max": {"at": max(times)}, "$setOnInsert": {"v": 1}}, upsert=True
            )

    async def _over(self, bulks: list[str]) -> int:
        """Bulk enrolments with their shares, but for those that go on, or may be gone on with."""
        theirs: Document = {"bulk": {"$in": bulks}}
        with translated():
            left = await self._database[SHARES].distinct("bulk", theirs | {"done": False})
            open_states: Document = {"$in": [BulkState.RUNNING, BulkState.PAUSED]}
            stay = await self._database[BULKS].distinct("_id", {"_id": {"$in": left}, "state": open_states})
        gone: Document = {"$in": sorted(set(bulks) - set(stay))}

        async def body(session: AsyncClientSession) -> int:
            await self._database[SHARES].delete_many({"bulk": gone}, session=session)
            return (await self._database[BULKS].delete_many({"_id": gone}, session=session)).deleted_count

        return await in_transaction(self._database, body)

    async def _bury(self, passages: list[Document]) -> int:
        """Passages go, and leave word that there were any: once only counts them for ever."""
        stones = {tombstone_id(row["contact"], row["flow"]): row for row in passages}
        engraved = [
            UpdateOne(
                {"_id": stone},
                {"$setOnInsert": {"v": 1, "contact": row["contact"], "flow": row["flow"]}},
                upsert=True,
            )
            for stone, row in sorted(stones.items())
        ]
        gone = DeleteMany({"_id": {"$in": [row["_id"] for row in passages]}})

        async def body(session: AsyncClientSession) -> int:
            await self._database[TOMBSTONES].bulk_write(engraved, ordered=False, session=session)
            result = await self._database[PARTICIPANTS].bulk_write([gone], session=session)
            return result.deleted_count

        return await in_transaction(self._database, body)


def decision_edge(moment: datetime) -> str:
    """The id that a decision made at this moment begins with."""
    return f"{int(moment.timestamp() * NANOSECONDS):016x}"
