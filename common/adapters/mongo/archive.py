"""Collection `events`: what was accepted, as it came. Accepting is one transaction with the intake tickets."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from common.adapters.mongo.batch import Announce, is_duplicate
from common.adapters.mongo.client import Database, Document, in_transaction, translated
from common.adapters.mongo.clock import MongoClock
from common.adapters.mongo.work import WORK, to_document, unnumbered
from common.domain.company_news import company_of
from common.domain.ids import partition_of
from common.messages.record import Record
from common.messages.ticket import Ticket, frames
from common.messages.topology import Service
from common.ports import Unavailable, Write

EVENTS = "events"
INDEXES = {
    EVENTS: [
        IndexModel([("archived_at", ASCENDING)], name="events_by_age"),
        IndexModel([("contact", ASCENDING)], name="events_of_a_contact"),
        IndexModel([("also", ASCENDING)], name="events_by_other_names", unique=True, sparse=True),
    ]
}
ONLY_HERE = ("archived_at", "erased")
"""Fields that are the archive's own: machine time of archiving; whether its values were erased."""

ATTEMPTS = 5
PATIENCE = 2.5
"""Seconds within which senders are told that nothing can be kept now."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an event said, and under which type."""

    type: str
    data: Mapping[str, Any]


class MongoArchive:
    """`announce` is told of each intake ticket; it may not block or raise."""

    def __init__(self, database: Database, clock: MongoClock, partitions: int, announce: Announce) -> None:
        self._database = database
        self._events = database[EVENTS]
        self._clock = clock
        self._partitions = partitions
        self._announce = announce
        self._repeats = False
        """Whether there were any the last time: then the next are looked for before, and not found by an insert that
        fails."""

    async def accept(self, records: Sequence[Record]) -> Sequence[bool]:
        """Archive and ticket these; `False` marks a repeat of one that is archived already.

        `time` is set here, to business time. All or none; raises `Unavailable` when nothing was kept.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._accept(records)
        except TimeoutError as error:
            raise Unavailable("the archive") from error

    async def _accept(self, records: Sequence[Record]) -> Sequence[bool]:
        known = await self._known(records) if self._repeats else set()
        for _ in range(ATTEMPTS):
            fresh = first_of_their_names(records, known)
            try:
                await self._insert([record for record, new in zip(records, fresh, strict=True) if new])
            except (BulkWriteError, DuplicateKeyError) as error:
                if not is_duplicate(error):
                    raise
                known = await self._known(records)
            else:
                self._repeats = not all(fresh)
                return fresh
        raise Unavailable("the archive")

    async def _known(self, records: Sequence[Record]) -> set[str]:
        """Names of these events, or of repeats of them, under which something is archived."""
        ids = {"_id": {"$in": [record.id for record in records]}}
        also = [name for record in records for name in record.also]
        asked = {"$or": [ids, {"also": {"$in": also}}]} if also else ids
        with translated():
            found = self._events.find(asked, {"_id": 1, "also": 1})
            return {name async for row in found for name in (row["_id"], *row.get("also", ()))}

    async def _insert(self, records: Sequence[Record]) -> None:
        async def body(session: AsyncClientSession) -> list[Ticket]:
            now = await self._clock.now(session)
            timed = [record.but(time=now) for record in records]
            tickets = self._tickets(timed)
            await self._events.insert_many([to_event(record) for record in timed], session=session)
            if tickets:
                rows = [to_document(ticket) for ticket in tickets]
                await self._database[WORK].insert_many(rows, session=session)
            return tickets

        if not records:
            return
        self._announce(await in_transaction(self._database, body))

    def _tickets(self, records: Sequence[Record]) -> list[Ticket]:
        """For those that are about a contact, or news to a company's; the others stop here."""
        by_partition: dict[int, list[Record]] = defaultdict(list)
        for record in records:
            if (whose := record.contact or company_of(record.type, record.data)) is not None:
                by_partition[partition_of(whose, self._partitions)].append(record)
        return [
            unnumbered(Service.TRIGGER, partition, frame)
            for partition, rows in by_partition.items()
            for frame in frames(rows)
        ]

    def raised(self, records: Iterable[Record]) -> Sequence[Write]:
        """Archive events that a flow raised, in the transaction of the batch that raised them."""
        operations = [InsertOne(to_event(record)) for record in records]
        return [Write(EVENTS, operations)] if operations else []

    async def last(self, contact: str, event_type: str) -> Record | None:
        """The latest of this type about a contact, by business time."""
        newest = [("time", DESCENDING), ("archived_at", DESCENDING)]
        with translated():
            row = await self._events.find_one({"contact": contact, "type": event_type}, sort=newest)
        return to_record(row) if row else None

    async def many(self, ids: Iterable[str]) -> dict[str, Record]:
        with translated():
            found = self._events.find({"_id": {"$in": list(ids)}})
            return {row["_id"]: to_record(row) async for row in found}

    async def told(self, event_type: str, field: str, of: Mapping[str, str]) -> set[str]:
        """Of these (contact by the value of a field in the data), those of which such an event is archived."""
        theirs: Document = {"contact": {"$in": list(set(of.values()))}, "type": event_type}
        theirs |= {f"data.{field}": {"$in": list(of)}}
        with translated():
            found = self._events.find(theirs, {f"data.{field}": 1})
            return {row["data"][field] async for row in found}

    async def histories(
        self, types: Iterable[str], field: str, of: Mapping[str, str]
    ) -> Mapping[str, Sequence[Told]]:
        """The same, with all that was told of each, in the order in which it was archived."""
        theirs: Document = {"contact": {"$in": list(set(of.values()))}, "type": {"$in": list(types)}}
        theirs |= {f"data.{field}": {"$in": list(of)}}
        told: dict[str, list[Told]] = defaultdict(list)
        with translated():
            found = self._events.find(theirs, {"type": 1, "data": 1})
            async for row in found.sort([("time", ASCENDING), ("archived_at", ASCENDING)]):
                told[row["data"][field]].append(Told(row["type"], row["data"]))
        return told


def first_of_their_names(records: Sequence[Record], known: set[str]) -> list[bool]:
    """For each record whether neither the archive nor one before it here bears one of its names."""
    taken = set(known)
    fresh = []
    for record in records:
        names = {record.id, *record.also}
        fresh.append(taken.isdisjoint(names))
        taken |= names
    return fresh


def to_event(record: Record) -> Document:
    """`also` only where there is any: its index is sparse."""
    also = {"also": list(record.also)} if record.also else {}
    return {
        "_id": record.id,
        "archived_at": datetime.now(UTC),
        "v": record.v,
        "type": record.type,
        "source": record.source,
        "contact": record.contact,
        "time": record.time,
        "sent_at": record.sent_at,
        "data": record.data,
        "before": record.before,
        "cause": record.cause,
        "depth": record.depth,
        **also,
    }


def to_record(event: Document) -> Record:
    for name in ONLY_HERE:
        event.pop(name, None)
    return Record.model_validate({"id": event.pop("_id")} | event)
