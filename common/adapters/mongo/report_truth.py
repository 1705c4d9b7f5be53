"""Reads what reports are checked by: all that is kept about contacts, and the facts that are kept about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DeleteOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.archive import EVENTS, to_record
from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, Document, one_moment
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.decisions import DECISIONS, to_decision
from common.adapters.mongo.effects import EFFECTS, to_effect
from common.adapters.mongo.erasure import FORGOTTEN
from common.adapters.mongo.participants import PARTICIPANTS, to_participant
from common.adapters.mongo.report_rows import (
    CORRECTIONS,
    ENGAGEMENT,
    MESSAGES,
    OF_PASSAGES,
    REFUSALS,
    REMOVALS,
    correction,
)
from common.adapters.mongo.retention import HORIZONS, Kept
from common.adapters.mongo.work import WORK
from common.messages.topology import Service
from common.ports import Write

OF_CONTACTS = (REFUSALS, ENGAGEMENT)
"""What is about no passage itself is looked up by its contact."""

Rows = Mapping[str, Mapping[str, Document]]
"""Rows by table and id."""


@dataclass(frozen=True, slots=True)
class Horizons:
    """Up to which business time each may have gone, since its time was over. Of effects only that some are gone
    matters: what is told of one comes any time later."""

    facts: datetime | None = None
    decisions: datetime | None = None
    events: datetime | None = None
    effects: datetime | None = None

    @property
    def told(self) -> datetime | None:
        """Of either by which something is told of messages."""
        return max((at for at in (self.decisions, self.events) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Amended:
    """A row that is kept with other values than these: it is replaced, unless it has been written since `kept_at`."""

    table: str
    row: Document
    kept_at: datetime


class MongoReportTruth:
    """Every reading is of one moment, which is given as its session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def moment(self) -> AbstractAsyncContextManager[AsyncClientSession]:
        return one_moment(self._database)

    async def contacts(
        self, partition: int, after: str, limit: int, session: AsyncClientSession
    ) -> tuple[Sequence[str], set[str]]:
        """Ids behind `after`, and those among them that were forgotten."""
        query = {"partition": partition, "_id": {"$gt": after}}
        rows = self._database[CONTACTS].find(query, {"_id": 1}, session=session)
        ids = [row["_id"] async for row in rows.sort("_id", ASCENDING).limit(limit)]
        return ids, await self.those(FORGOTTEN, ids, session)

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

    async def moving(self, partition: int, session: AsyncClientSession) -> set[str]:
        """Ids of the partition's records that wait in some inbox, and of all that are parked: not everything has come
        of them yet."""
        query = {"service": {"$in": sorted(Service)}, "partition": partition}
        waiting = self._of(WORK, query, session, {"records.id": 1})
        found = {record["id"] async for ticket in waiting for record in ticket["records"]}
        parked = self._of(PARKED, {}, session, {"record.id": 1})
        return found | {row["record"]["id"] async for row in parked}

    async def horizons(self, session: AsyncClientSession) -> Horizons:
        noted = {row["_id"]: row["at"] async for row in self._of(HORIZONS, {}, session)}
        return Horizons(
            facts=noted.get(Kept.FACTS.value),
            decisions=noted.get(Kept.DECISIONS.value),
            events=noted.get(Kept.EVENTS.value),
            effects=noted.get(Kept.EFFECTS.value),
        )

    async def kept(
        self,
        contacts: Collection[str],
        passages: Collection[str],
        effects: Collection[str],
        session: AsyncClientSession,
    ) -> Rows:
        """All facts about these contacts, their passages and messages."""
        of_passages = {"participant": {"$in": sorted(passages)}}
        of_contacts = {"contact": {"$in": sorted(contacts)}}
        queries = {
            **dict.fromkeys((*OF_PASSAGES, REMOVALS), of_passages),
            **dict.fromkeys(OF_CONTACTS, of_contacts),
            MESSAGES: {"_id": {"$in": sorted(effects)}},
        }
        return {table: await by_id(self._of(table, query, session)) for table, query in queries.items()}

    async def of_ids(self, ids: Mapping[str, Collection[str]], session: AsyncClientSession) -> Rows:
        """These facts (by table), whomever they are about."""
        return {
            table: await by_id(self._of(table, {"_id": {"$in": sorted(wanted)}}, session))
            for table, wanted in ids.items()
        }

    async def page(
        self, table: str, after: str, limit: int, session: AsyncClientSession
    ) -> Sequence[Document]:
        """What rows behind this id are about."""
        about = ("contact", "participant", "message", "at", "enrolled_at")
        rows = self._of(table, {"_id": {"$gt": after}}, session, dict.fromkeys(about, 1))
        return [row async for row in rows.sort("_id", ASCENDING).limit(limit)]

    async def those(self, collection: str, ids: Iterable[str], session: AsyncClientSession) -> set[str]:
        """Which of these ids there are."""
        rows = self._of(collection, {"_id": {"$in": sorted(ids)}}, session, {"_id": 1})
        return {row["_id"] async for row in rows}

    async def decided_on(
        self, contacts: Collection[str], passages: Collection[str], session: AsyncClientSession
    ) -> set[str]:
        """Which of these contacts' passages any decision that is kept is about."""
        query = {"contact": {"$in": sorted(contacts)}, "participant": {"$in": sorted(passages)}}
        rows = self._of(DECISIONS, query, session, {"participant": 1})
        return {row["participant"] async for row in rows}

    def dropped(self, facts: Collection[tuple[str, str]]) -> Sequence[Write]:
        """Facts (table, id) that never happened go, and leave word of it."""
        gone = [Write(table, [DeleteOne({"_id": fact})]) for table, fact in facts]
        return [*gone, *(Write(CORRECTIONS, [correction(*fact)]) for fact in facts)]

    def amended(self, rows: Iterable[Amended]) -> Sequence[Write]:
        return [
            Write(each.table, [ReplaceOne({"_id": each.row["_id"], "kept_at": each.kept_at}, each.row)])
            for each in rows
        ]

    def _of(self, collection: str, query: Document, session: AsyncClientSession, fields: Any = None) -> Any:
        return self._database[collection].find(query, fields, session=session)


async def by_contact(rows: Any, made: Any) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    async for row in rows:
        found[row["contact"]].append(made(row))
    return found


async def by_id(rows: Any) -> Mapping[str, Document]:
    return {row["_id"]: row async for row in rows}
