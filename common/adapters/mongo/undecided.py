"""The archive page by page, with what is known of each event's fate: read in one snapshot, so that an event is
either still on its way, or whatever was decided on it is seen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.archive import EVENTS, to_record
from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, Document, one_moment
from common.adapters.mongo.decisions import DECISIONS
from common.adapters.mongo.work import WORK
from common.messages.record import Record


@dataclass(frozen=True, slots=True)
class Archived:
    """`archived_at` is machine time."""

    record: Record
    archived_at: datetime


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """`under_way`: ids of those that wait in tickets or are parked; `decided`: (record, flow)."""

    events: Sequence[Archived]
    under_way: Collection[str]
    decided: Collection[tuple[str, str]]


class MongoUndecided:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, since: datetime, after: str | None, limit: int) -> ArchivePage:
        """Events about contacts in the order of archiving; `after` is the id of the last one that was archived
        at `since`. Those whose values were erased are left out: nothing can be decided by them."""
        newer: Document = {"archived_at": {"$gt": since}}
        same: Document = {"archived_at": since, "_id": {"$gt": after or ""}}
        query: Document = {"$or": [same, newer], "contact": {"$ne": None}, "erased": None}
        order = [("archived_at", ASCENDING), ("_id", ASCENDING)]
        async with one_moment(self._database) as session:
            rows = self._database[EVENTS].find(query, session=session).sort(order).limit(limit)
            times = {}
            records = []
            async for row in rows:
                times[row["_id"]] = row["archived_at"]
                records.append(to_record(row))
            return ArchivePage(
                events=[Archived(record, times[record.id]) for record in records],
                under_way=await self._under_way(list(times), session),
                decided=await self._decided(records, session),
            )

    async def _under_way(self, ids: list[str], session: AsyncClientSession) -> set[str]:
        wanted = set(ids)
        tickets = self._database[WORK].find({"records.id": {"$in": ids}}, {"records.id": 1}, session=session)
        moving = {record["id"] async for row in tickets for record in row["records"]}
        parked = self._database[PARKED].find({"record.id": {"$in": ids}}, {"record.id": 1}, session=session)
        return (moving | {row["record"]["id"] async for row in parked}) & wanted

    async def _decided(self, records: Sequence[Record], session: AsyncClientSession) -> set[tuple[str, str]]:
        query = {
            "contact": {"$in": sorted({record.contact or "" for record in records})},
            "record": {"$in": [record.id for record in records]},
        }
        rows = self._database[DECISIONS].find(query, {"record": 1, "flow": 1}, session=session)
        return {(row["record"], row["flow"]) async for row in rows}
