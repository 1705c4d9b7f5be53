"""Reads the facts of a flow and what is counted of them, piece by piece, and puts counters right."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, DeleteMany, ReplaceOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, Document, one_moment, translated
from common.adapters.mongo.report_rollups import ALWAYS, ROLLUPS, as_counted, increment
from common.adapters.mongo.report_rows import (
    FACT_TABLES,
    MESSAGES,
    REVENUE,
    STEPS,
    TABLES,
    to_fact_row,
    to_message,
)
from common.adapters.mongo.retention import HORIZONS, Kept
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import COUNTERS, Grain, Row, Tally
from common.ports import FactRow, Write

REPAIRS = "report_repairs"
INDEXES: dict[str, list[Any]] = {REPAIRS: []}

TIMED = [Grain.DAY, Grain.HOUR]
"""By these facts are counted; the counts of longer times are the sums of theirs."""

ZONES = timedelta(hours=15)
"""No timezone is further from UTC."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A counter that is not what the facts come to."""

    row: Row
    grain: Grain
    start: datetime
    partition: int
    counter: str
    expected: Any
    found: Any


LONGER: Sequence[tuple[Grain, Grain, Any]] = (
    (Grain.HOUR, Grain.ALL, ALWAYS),
    (Grain.DAY, Grain.MONTH, {"$dateTrunc": {"date": "$start", "unit": "month"}}),
)
"""Which rows come to which of a longer time, and when that begins."""

Placed = tuple[Row, Grain, datetime, int]
"""A row of counts: what it is about, the time, and the partition."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The days from `since` on, before `until` (midnights, in UTC), of one partition or of all."""

    since: datetime
    until: datetime
    partition: int | None = None

    def of(self, query: Document) -> Document:
        return query if self.partition is None else query | {"partition": self.partition}

    def holds(self, grain: Grain, start: datetime) -> bool:
        return grain in TIMED and self.since <= start < self.until


class MongoReportCounts:
    """Every reading is of one moment, which is given as its session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def moment(self) -> AbstractAsyncContextManager[AsyncClientSession]:
        return one_moment(self._database)

    async def flows(self, session: AsyncClientSession) -> Sequence[str]:
        """The flows of which anything is counted, or told."""
        found: set[str] = set()
        for collection in FACT_TABLES:
            found.update(await self._database[collection].distinct("flow", session=session))
        for collection in ROLLUPS.values():
            of_all_time = {"grain": Grain.ALL.value}
            found.update(await self._database[collection].distinct("flow", of_all_time, session=session))
        return sorted(found)

    async def horizon(self, session: AsyncClientSession) -> datetime | None:
        """Up to this business time facts may be gone, since their time is over."""
        row = await self._database[HORIZONS].find_one({"_id": Kept.FACTS.value}, session=session)
        return row["at"] if row else None

    async def span(self, flow: str, session: AsyncClientSession) -> tuple[datetime, datetime] | None:
        """The first and the last instant of which anything is told, or counted by day and hour."""
        found: list[datetime] = []
        for collection, query, field in self._by_time(flow):
            for direction in (ASCENDING, DESCENDING):
                rows = self._of(collection, query, session, {field: 1}).sort(field, direction).limit(1)
                found += [row[field] async for row in rows]
        return (min(found), max(found)) if found else None

    def _by_time(self, flow: str) -> Iterator[tuple[str, Document, str]]:
        for table in TABLES.values():
            yield table, {"flow": flow}, "at"
        for collection in ROLLUPS.values():
            for grain in TIMED:
                yield collection, {"flow": flow, "grain": grain.value}, "start"

    async def many(self, flow: str, piece: Piece, limit: int, session: AsyncClientSession) -> bool:
        """Whether there are more facts than that."""
        found = 0
        for table in TABLES.values():
            query = {"flow": flow, "at": {"$gte": piece.since, "$lt": piece.until}}
            found += await self._database[table].count_documents(query, limit=limit + 1, session=session)
        return found > limit

    async def facts(self, flow: str, piece: Piece, session: AsyncClientSession) -> AsyncIterator[FactRow]:
        """Every fact that is a row of its own and counts in a day or an hour of the piece."""
        inside = {"$gte": piece.since, "$lt": piece.until}
        about = {"$gte": piece.since - ZONES, "$lt": piece.until + ZONES}
        query = piece.of({"flow": flow, "at": about, "$or": [{"hour": inside}, {"day": inside}]})
        for table in TABLES.values():
            async for row in self._of(table, query, session):
                yield to_fact_row(table, row)

    async def messages_of(
        self, flow: str, partition: int, session: AsyncClientSession
    ) -> AsyncIterator[ReportedMessage]:
        async for row in self._of(MESSAGES, {"flow": flow, "partition": partition}, session):
            yield to_message(row)

    async def earnings_of(
        self, flow: str, partition: int, kinds: Collection[str], session: AsyncClientSession
    ) -> AsyncIterator[FactRow]:
        """Those of one passage behind one another, the earliest first."""
        query = {"flow": flow, "partition": partition, "kind": {"$in": sorted(kinds)}}
        order = [(name, ASCENDING) for name in ("participant", "at", "_id")]
        async for row in self._of(REVENUE, query, session).sort(order).allow_disk_use(True):
            yield to_fact_row(REVENUE, row)

    async def of_piece(
        self, flow: str, piece: Piece, session: AsyncClientSession
    ) -> AsyncIterator[tuple[Placed, Tally]]:
        """Rows of counts of the days and hours in the piece."""
        times = {"start": {"$gte": piece.since, "$lt": piece.until}}
        for kind in ROLLUPS:
            query = piece.of({"grain": {"$in": TIMED}, "flow": flow} | times)
            async for row in self._of(ROLLUPS[kind], query, session):
                yield to_placed(kind, row)

    async def of_kinds(
        self, flow: str, partition: int, kinds: Collection[type[Row]], session: AsyncClientSession
    ) -> AsyncIterator[tuple[Placed, Tally]]:
        """Rows of counts of all days and hours."""
        query = {"grain": {"$in": TIMED}, "flow": flow, "partition": partition}
        for kind in kinds:
            async for row in self._of(ROLLUPS[kind], query, session):
                yield to_placed(kind, row)

    async def summed(self, flow: str, session: AsyncClientSession) -> AsyncIterator[tuple[Placed, Tally]]:
        """What hours come to in all, and days in each month."""
        for kind in ROLLUPS:
            for grain, longer, start in LONGER:
                names = {name: f"${name}" for name in (*kind.__dataclass_fields__, "partition")}
                group: Document = {"_id": names | {"start": start}}
                group |= {name: {"$sum": f"${name}"} for name in COUNTERS[kind]}
                stages: list[Document] = [{"$match": {"grain": grain, "flow": flow}}, {"$group": group}]
                rows = await self._database[ROLLUPS[kind]].aggregate(
                    stages, session=session, allowDiskUse=True
                )
                async for row in rows:
                    yield to_placed(kind, row.pop("_id") | row | {"grain": longer})

    async def of_longer(self, flow: str, session: AsyncClientSession) -> AsyncIterator[tuple[Placed, Tally]]:
        """Rows of counts of months, and of all time."""
        query = {"grain": {"$in": [Grain.ALL, Grain.MONTH]}, "flow": flow}
        for kind in ROLLUPS:
            async for row in self._of(ROLLUPS[kind], query, session):
                yield to_placed(kind, row)

    async def steps(self, flow: str, session: AsyncClientSession) -> Mapping[str, Document]:
        """The rows of its versions' steps, by id."""
        return {row["_id"]: row async for row in self._of(STEPS, {"flow": flow}, session)}

    def steps_set(self, rows: Sequence[Document]) -> Sequence[Write]:
        replaced = [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows]
        return [Write(STEPS, replaced)] if replaced else []

    def steps_dropped(self, ids: Sequence[str]) -> Sequence[Write]:
        return [Write(STEPS, [DeleteMany({"_id": {"$in": list(ids)}})])] if ids else []

    async def repairs(self, flow: str, session: AsyncClientSession) -> int:
        """How often the flow's counts were put right."""
        row = await self._database[REPAIRS].find_one({"_id": flow}, session=session)
        return row["number"] if row else 0

    async def begin(self, flow: str) -> None:
        """So that there is a row to compare by."""
        with translated():
            await self._database[REPAIRS].update_one(
                {"_id": flow}, {"$setOnInsert": {"v": 1, "number": 0}}, upsert=True
            )

    def repaired(self, flow: str, number: int, differences: Sequence[Difference]) -> Sequence[Write]:
        """What is missing is added and what is too much taken away, unless somebody did so since `number` was read.
        Owners may go on adding meanwhile."""
        once = UpdateOne({"_id": flow, "number": number}, {"$inc": {"number": 1}})
        by_kind: dict[str, list[UpdateOne]] = defaultdict(list)
        for each in differences:
            changed = {each.counter: each.expected - each.found}
            operation = increment(each.row, each.grain, each.start, each.partition, changed)
            by_kind[ROLLUPS[type(each.row)]].append(operation)
        return [
            Write(REPAIRS, [once], matches=1),
            *(Write(name, operations) for name, operations in by_kind.items()),
        ]

    def _of(self, collection: str, query: Document, session: AsyncClientSession, fields: Any = None) -> Any:
        return self._database[collection].find(query, fields, session=session)


def to_placed(kind: type[Row], row: Document) -> tuple[Placed, Tally]:
    about = kind(**{name: row[name] for name in kind.__dataclass_fields__})
    tally = {name: as_counted(row[name]) for name in COUNTERS[kind] if row.get(name)}
    counted = {name: number for name, number in tally.items() if number}
    return (about, Grain(row["grain"]), row["start"], row["partition"]), counted
