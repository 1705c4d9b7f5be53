"""Collections `facts`, `rollups` and `message_rollups`: what happened, and its counts by flow, run and day.

Rows of counts carry the partition, so that only one owner writes each; sums over them are made when read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from pymongo import ASCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, Document, translated
from common.domain.effect import EffectState
from common.domain.figures import (
    MESSAGE_COUNTERS,
    PARTICIPANT_COUNTERS,
    CountedMessage,
    FlowDay,
    MessageDay,
    Tally,
    day_of,
    supersedes,
)
from common.domain.ids import digest
from common.ports import FactRow, FlowTallies, Write

FACTS = "facts"
ROLLUPS = "rollups"
MESSAGE_ROLLUPS = "message_rollups"

BY_FLOW = IndexModel([("flow", ASCENDING), ("run", ASCENDING), ("day", ASCENDING)], name="days_of_a_flow")
INDEXES = {
    FACTS: [
        IndexModel([("effect", ASCENDING)], sparse=True, name="facts_of_a_message"),
        IndexModel([("kept_at", ASCENDING)], name="facts_by_age"),
    ],
    ROLLUPS: [BY_FLOW],
    MESSAGE_ROLLUPS: [BY_FLOW],
}


class MongoReports:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, ids: Sequence[str]) -> set[str]:
        with translated():
            rows = self._database[FACTS].find({"_id": {"$in": ids}}, {"_id": 1})
            return {row["_id"] async for row in rows}

    async def messages(self, effects: Collection[str]) -> Mapping[str, CountedMessage]:
        query = {"effect": {"$in": list(effects)}}
        counted: dict[str, CountedMessage] = {}
        with translated():
            rows = self._database[FACTS].find(query, {"effect": 1, "state": 1, "at": 1})
            async for row in rows.sort("at", ASCENDING):
                state, before = EffectState(row["state"]), counted.get(row["effect"])
                if supersedes(state, before):
                    counted[row["effect"]] = CountedMessage(state, row["at"])
        return counted

    def keep(self, rows: Iterable[FactRow]) -> Sequence[Write]:
        operations = [InsertOne(fact_document(row)) for row in rows]
        return [Write(FACTS, operations)] if operations else []

    def add(self, partition: int, counts: Mapping[FlowDay | MessageDay, Tally]) -> Sequence[Write]:
        operations: dict[str, list[UpdateOne]] = {ROLLUPS: [], MESSAGE_ROLLUPS: []}
        for row, tally in counts.items():
            changed = {name: by for name, by in tally.items() if by}
            if changed:
                operations[collection_of(row)].append(increment(row, partition, changed))
        return [Write(collection, each) for collection, each in operations.items() if each]

    async def has(self, flow: str) -> bool:
        with translated():
            return await self._database[ROLLUPS].find_one({"flow": flow}, {"_id": 1}) is not None

    async def flow(self, flow: str, run: int | None, first: date, last: date) -> FlowTallies:
        query: Document = {"flow": flow} | ({} if run is None else {"run": run})
        between = query | {"day": {"$gte": midnight(first), "$lte": midnight(last)}}
        content = {"channel": "$channel", "content": "$content"}
        with translated():
            async with self._database.client.start_session(snapshot=True) as session:
                total = await self._sums(ROLLUPS, query, "$flow", session)
                days = await self._sums(ROLLUPS, between, "$day", session)
                messages = await self._sums(MESSAGE_ROLLUPS, query, content, session)
        return FlowTallies(
            total=total[0][1] if total else {},
            days={day.date(): tally for day, tally in days},
            messages={(key["channel"], key["content"]): tally for key, tally in messages},
        )

    async def flows(self, after: str | None, limit: int) -> Sequence[str]:
        query: Document = {"flow": {"$gt": after}} if after is not None else {}
        stages: list[Document] = [
            {"$match": query},
            {"$sort": {"flow": ASCENDING}},
            {"$group": {"_id": "$flow"}},
            {"$sort": {"_id": ASCENDING}},
            {"$limit": limit},
        ]
        with translated():
            return [row["_id"] async for row in await self._database[ROLLUPS].aggregate(stages)]

    async def totals(self, flows: Sequence[str]) -> Mapping[str, Tally]:
        with translated():
            return dict(await self._sums(ROLLUPS, {"flow": {"$in": flows}}, "$flow"))

    async def _sums(
        self, collection: str, query: Document, by: Any, session: AsyncClientSession | None = None
    ) -> list[tuple[Any, Tally]]:
        """Each group's key and the sums of its counters."""
        names = PARTICIPANT_COUNTERS if collection == ROLLUPS else MESSAGE_COUNTERS
        group = {"_id": by} | {name: {"$sum": f"${name}"} for name in names}
        stages: list[Document] = [{"$match": query}, {"$group": group}]
        cursor = await self._database[collection].aggregate(stages, session=session)
        return [(row.pop("_id"), row) async for row in cursor]


def collection_of(row: FlowDay | MessageDay) -> str:
    return MESSAGE_ROLLUPS if isinstance(row, MessageDay) else ROLLUPS


def increment(row: FlowDay | MessageDay, partition: int, changed: Tally) -> UpdateOne:
    about: Document = {"flow": row.flow, "run": row.run, "day": midnight(row.day), "partition": partition}
    if isinstance(row, MessageDay):
        about |= {"channel": row.channel, "content": row.content}
    row_id = digest("rollup", *(str(value) for value in about.values()))
    update = {"$inc": dict(changed), "$setOnInsert": {"v": 1} | about}
    return UpdateOne({"_id": row_id}, update, upsert=True)


def midnight(day: date) -> datetime:
    """The start of a day in UTC: BSON has no dates without time."""
    return datetime.combine(day, time(), UTC)


def fact_document(row: FactRow) -> Document:
    """Flat, for readers that know tables only. `kept_at` is machine time, by which it is kept."""
    return {
        "_id": row.id,
        "v": 1,
        "contact": row.contact,
        "at": row.at,
        "day": midnight(day_of(row.at)),
        "partition": row.partition,
        "kept_at": datetime.now(UTC),
        **row.fact.model_dump(exclude_none=True),
    }
