"""Collections `report_*`: facts as rows, and what they come to (report_rows.py, report_rollups.py)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from pymongo import ASCENDING, DeleteMany, IndexModel, InsertOne, UpdateOne

from common.adapters.mongo.client import Database, Document, one_moment, translated
from common.adapters.mongo.report_rollups import INDEXES as ROLLUP_INDEXES
from common.adapters.mongo.report_rollups import ROLLUPS, additions, sums
from common.adapters.mongo.report_rows import (
    CORRECTIONS,
    ENGAGEMENT,
    FACT_TABLES,
    MESSAGES,
    OF_PASSAGES,
    REFUSALS,
    REMOVALS,
    REVENUE,
    STEPS,
    TABLES,
    fact_document,
    message_update,
    step_documents,
    to_fact_row,
    to_message,
)
from common.domain.chart import Place
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import FlowRow, Grain, Moment
from common.messages.happened import EARNED, Happened, RevenueFollowed
from common.ports import Ask, Bought, Counts, FactRow, Sums, Write

OF_PARTICIPANT = IndexModel([("participant", ASCENDING)], name="facts_of_a_passage")
OF_FLOW = IndexModel(
    [("flow", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="facts_of_a_flow_by_time"
)
OF_CONTACT = IndexModel([("contact", ASCENDING)], name="facts_of_a_contact")
BY_TIME = IndexModel([("at", ASCENDING), ("_id", ASCENDING)], name="facts_by_time")
BY_AGE = IndexModel([("kept_at", ASCENDING), ("_id", ASCENDING)], name="facts_as_they_came")
OF_WHOM = {
    **{table: [OF_PARTICIPANT] for table in (*OF_PASSAGES, REMOVALS)},
    **{table: [OF_CONTACT] for table in (REFUSALS, ENGAGEMENT)},
}
INDEXES: dict[str, list[IndexModel]] = {
    **{table: [BY_AGE, BY_TIME, OF_FLOW, *OF_WHOM.get(table, [])] for table in FACT_TABLES},
    **ROLLUP_INDEXES,
    STEPS: [],
    CORRECTIONS: [BY_AGE],
}


class MongoReports:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, facts: Mapping[str, Happened]) -> set[str]:
        by_table: dict[str, list[str]] = defaultdict(list)
        for fact_id, fact in facts.items():
            if table := TABLES.get(type(fact)):
                by_table[table].append(fact_id)
        found: set[str] = set()
        with translated():
            for table, ids in by_table.items():
                rows = self._database[table].find({"_id": {"$in": ids}}, {"_id": 1})
                found |= {row["_id"] async for row in rows}
        return found

    async def removed(self, participants: Collection[str]) -> set[str]:
        query = {"participant": {"$in": sorted(participants)}}
        with translated():
            rows = self._database[REMOVALS].find(query, {"participant": 1})
            return {row["participant"] async for row in rows}

    async def messages(self, effects: Collection[str]) -> Mapping[str, ReportedMessage]:
        with translated():
            rows = self._database[MESSAGES].find({"_id": {"$in": sorted(effects)}})
            return {row["_id"]: to_message(row) async for row in rows}

    async def buyers(self, participants: Collection[str]) -> Mapping[str, Bought]:
        query = {"participant": {"$in": sorted(participants)}, "kind": {"$in": sorted(EARNED)}}
        found: dict[str, Bought] = {}
        with translated():
            rows = self._database[REVENUE].find(query).sort([("at", ASCENDING), ("_id", ASCENDING)])
            async for row in rows:
                kept = to_fact_row(REVENUE, row)
                assert isinstance(kept.fact, RevenueFollowed)
                first = Bought(kept.id, kept.fact, kept.at, kept.moment)
                found.setdefault(kept.fact.participant, first)
        return found

    async def of_participants(self, participants: Collection[str]) -> Sequence[FactRow]:
        query = {"participant": {"$in": sorted(participants)}}
        found: list[FactRow] = []
        with translated():
            for table in OF_PASSAGES:
                found += [to_fact_row(table, row) async for row in self._database[table].find(query)]
        return found

    def keep(self, rows: Iterable[FactRow]) -> Sequence[Write]:
        by_table: dict[str, list[InsertOne[Document]]] = defaultdict(list)
        for row in rows:
            by_table[TABLES[type(row.fact)]].append(InsertOne(fact_document(row)))
        return [Write(table, operations) for table, operations in by_table.items()]

    def drop(self, participants: Collection[str]) -> Sequence[Write]:
        theirs = {"participant": {"$in": sorted(participants)}}
        return [Write(table, [DeleteMany(theirs)]) for table in OF_PASSAGES] if participants else []

    def fared(self, messages: Iterable[tuple[ReportedMessage, Moment]], partition: int) -> Sequence[Write]:
        operations = [message_update(message, at, partition) for message, at in messages]
        return [Write(MESSAGES, operations)] if operations else []

    def add(self, partition: int, counts: Counts) -> Sequence[Write]:
        return list(additions(partition, counts))

    async def see(self, flow: str, version: int, places: Sequence[Place]) -> None:
        rows = list(step_documents(flow, version, places))
        steps = [UpdateOne({"_id": row.pop("_id")}, {"$setOnInsert": row}, upsert=True) for row in rows]
        if steps:
            with translated():
                await self._database[STEPS].bulk_write(steps, ordered=False)

    async def read(self, asks: Sequence[Ask]) -> Sequence[Sums]:
        async with one_moment(self._database) as session:
            return [await sums(self._database, ask, session) for ask in asks]

    async def flows(self, after: str | None, limit: int) -> Sequence[str]:
        query: Document = {"grain": Grain.ALL.value, "flow": {"$gt": after or ""}}
        stages: list[Document] = [
            {"$match": query},
            {"$sort": {"flow": ASCENDING}},
            {"$group": {"_id": "$flow"}},
            {"$sort": {"_id": ASCENDING}},
            {"$limit": limit},
        ]
        with translated():
            return [row["_id"] async for row in await self._database[ROLLUPS[FlowRow]].aggregate(stages)]
