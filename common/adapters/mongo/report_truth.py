"""Reads what reports are checked by: all that is kept about contacts, and the facts and counts that there are."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DeleteOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.archive import EVENTS, to_record
from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.decisions import DECISIONS, to_decision
from common.adapters.mongo.effects import EFFECTS, to_effect
from common.adapters.mongo.erasure import FORGOTTEN
from common.adapters.mongo.participants import PARTICIPANTS, to_participant
from common.adapters.mongo.report_rollups import ROLLUPS, as_counted, increment
from common.adapters.mongo.report_rows import (
    FACT_TABLES,
    MESSAGES,
    OF_PASSAGES,
    REVENUE,
    to_fact_row,
    to_message,
)
from common.adapters.mongo.retention import HORIZON, HORIZONS
from common.adapters.mongo.work import WORK
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import COUNTERS, Grain, Row, Tally
from common.messages.topology import Service
from common.ports import FactRow, Write

REPAIRS = "report_repairs"
INDEXES: dict[str, list[Any]] = {REPAIRS: []}


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


Placed = tuple[Row, Grain, datetime, int]
"""A row of counts: what it is about, the time, and the partition."""


class MongoReportTruth:
    """Every reading is of one moment, which is given as its session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[AsyncClientSession]:
        with translated():
            async with self._database.client.start_session(snapshot=True) as session:
                yield session

    async def contacts(
        self, partition: int, after: str, limit: int, session: AsyncClientSession
    ) -> tuple[Sequence[str], set[str]]:
        """Ids behind `after`, and those among them that were forgotten."""
        query = {"partition": partition, "_id": {"$gt": after}}
        rows = self._database[CONTACTS].find(query, {"_id": 1}, session=session)
        ids = [row["_id"] async for row in rows.sort("_id", ASCENDING).limit(limit)]
        gone = self._database[FORGOTTEN].find({"_id": {"$in": ids}}, {"_id": 1}, session=session)
        return ids, {row["_id"] async for row in gone}

    async def decisions(
        self, contacts: Sequence[str], session: AsyncClientSession
    ) -> Mapping[str, list[Any]]:
        rows = self._of(DECISIONS, {"contact": {"$in": contacts}}, session).sort("_id", ASCENDING)
        return await by_contact(rows, to_decision)

    async def participants(
        self, contacts: Sequence[str], session: AsyncClientSession
    ) -> Mapping[str, list[Any]]:
        return await by_contact(
            self._of(PARTICIPANTS, {"contact": {"$in": contacts}}, session), to_participant
        )

    async def effects(self, contacts: Sequence[str], session: AsyncClientSession) -> Mapping[str, list[Any]]:
        return await by_contact(self._of(EFFECTS, {"contact": {"$in": contacts}}, session), to_effect)

    async def events(
        self, contacts: Sequence[str], types: Collection[str], session: AsyncClientSession
    ) -> Mapping[str, list[Any]]:
        query = {"contact": {"$in": contacts}, "type": {"$in": sorted(types)}}
        return await by_contact(self._of(EVENTS, query, session), to_record)

    async def moving(self, session: AsyncClientSession) -> set[str]:
        """Ids of the records that wait in some inbox, or are parked: not everything has come of them yet."""
        waiting = self._database[WORK].find(
            {"service": {"$in": sorted(Service)}}, {"records.id": 1}, session=session
        )
        found = {record["id"] async for ticket in waiting for record in ticket["records"]}
        parked = self._database[PARKED].find({}, {"record.id": 1}, session=session)
        return found | {row["record"]["id"] async for row in parked}

    async def kept(
        self, ids: Mapping[str, Collection[str]], session: AsyncClientSession
    ) -> Mapping[str, set[str]]:
        """By table, which of these facts are kept."""
        found: dict[str, set[str]] = {}
        for table, wanted in ids.items():
            rows = self._of(table, {"_id": {"$in": sorted(wanted)}}, session, {"_id": 1})
            found[table] = {row["_id"] async for row in rows}
        return found

    async def of_passages(
        self, participants: Collection[str], session: AsyncClientSession
    ) -> Sequence[tuple[str, str]]:
        """Table and id of the facts that are kept about these passages themselves."""
        query = {"participant": {"$in": sorted(participants)}}
        return [
            (table, row["_id"])
            for table in OF_PASSAGES
            async for row in self._of(table, query, session, {"_id": 1})
        ]

    async def messages(
        self, effects: Collection[str], session: AsyncClientSession
    ) -> Mapping[str, ReportedMessage]:
        rows = self._of(MESSAGES, {"_id": {"$in": sorted(effects)}}, session)
        return {row["_id"]: to_message(row) async for row in rows}

    async def facts(self, flow: str, session: AsyncClientSession) -> AsyncIterator[FactRow]:
        """Every fact that is a row of its own."""
        for table in FACT_TABLES:
            if table != MESSAGES:
                async for row in self._of(table, {"flow": flow}, session):
                    yield to_fact_row(table, row)

    async def messages_of(
        self, flow: str, session: AsyncClientSession
    ) -> AsyncIterator[tuple[ReportedMessage, int]]:
        """Each with its partition."""
        async for row in self._of(MESSAGES, {"flow": flow}, session):
            yield to_message(row), row["partition"]

    async def earnings_of(
        self, flow: str, kinds: Collection[str], session: AsyncClientSession
    ) -> AsyncIterator[FactRow]:
        """Those of one passage behind one another, the earliest first."""
        rows = self._of(REVENUE, {"flow": flow, "kind": {"$in": sorted(kinds)}}, session)
        order = [(name, ASCENDING) for name in ("participant", "at", "_id")]
        async for row in rows.sort(order).allow_disk_use(True):
            yield to_fact_row(REVENUE, row)

    async def counts(self, flow: str, session: AsyncClientSession) -> Mapping[Placed, Tally]:
        """All rows of counts about the flow."""
        found: dict[Placed, Tally] = {}
        for kind, collection in ROLLUPS.items():
            async for row in self._of(collection, {"grain": {"$in": list(Grain)}, "flow": flow}, session):
                about = kind(**{name: row[name] for name in kind.__dataclass_fields__})
                tally = {name: as_counted(row[name]) for name in COUNTERS[kind] if row.get(name)}
                found[about, Grain(row["grain"]), row["start"], row["partition"]] = tally
        return found

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
        row = await self._database[HORIZONS].find_one({"_id": HORIZON}, session=session)
        return row["at"] if row else None

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

    def dropped(self, facts: Sequence[tuple[str, str]]) -> Sequence[Write]:
        """Facts (table, id) that never happened go."""
        return [Write(table, [DeleteOne({"_id": fact})]) for table, fact in facts]

    def _of(self, collection: str, query: Document, session: AsyncClientSession, fields: Any = None) -> Any:
        return self._database[collection].find(query, fields, session=session)


async def by_contact(rows: Any, made: Any) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    async for row in rows:
        found[row["contact"]].append(made(row))
    return found
