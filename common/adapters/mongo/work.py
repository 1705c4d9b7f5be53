"""Collection `work`: the tickets that wait. The truth that the bus only copies."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from time import time_ns

from pymongo import ASCENDING, IndexModel

from common.adapters.mongo.client import Database, Document, translated
from common.messages.record import Record
from common.messages.ticket import FRAME_BYTES, Ticket, unpack
from common.messages.topology import Service
from common.ports import Backlog, Unstorable

WORK = "work"
READ_AHEAD = 16
INDEXES = {
    WORK: [
        IndexModel(
            [
                ("service", ASCENDING),
                ("partition", ASCENDING),
                ("seq", ASCENDING),
                ("_id", ASCENDING),
                ("at", ASCENDING),  # so that `backlog` reads no ticket
            ]
        )
    ]
}


def to_document(ticket: Ticket) -> Document:
    """The records packed, beside what they are asked for by. Raises `Unstorable`."""
    document = ticket.model_dump(exclude={"id", "records"})
    document["records"] = [{"id": record.id, "contact": record.contact} for record in ticket.records]
    try:
        document["packed"] = ticket.packed
    except ValueError as error:
        raise Unstorable(str(error)) from error
    return {"_id": ticket.id} | document


def to_ticket(document: Document) -> Ticket:
    """Tickets of an older release hold their records unpacked."""
    if packed := document.pop("packed", None):
        document["records"] = unpack(packed)
    return Ticket.model_validate({"id": document.pop("_id")} | document)


def unnumbered(service: Service, partition: int, records: Sequence[Record]) -> Ticket:
    """A ticket outside the sender's count; ids rise with machine time, so the oldest come first."""
    unique = f"{time_ns():016x}{token_hex(4)}"
    return Ticket(
        id=unique, service=service, partition=partition, at=datetime.now(UTC), records=tuple(records)
    )


def numbered(service: Service, partition: int, seq: int, records: Sequence[Record]) -> Ticket:
    """The `seq`-th ticket that the owner of this partition sends to `service`."""
    return Ticket(
        id=f"{service}:{partition}:{seq}",
        service=service,
        partition=partition,
        seq=seq,
        at=datetime.now(UTC),
        records=tuple(records),
    )


class MongoWork:
    def __init__(self, database: Database) -> None:
        self._work = database[WORK]

    async def waiting_for(self, service: Service, partition: int, records: int) -> Sequence[Ticket]:
        query = {"service": service, "partition": partition}
        tickets: list[Ticket] = []
        size = 0
        with translated():
            cursor = self._work.find(query, batch_size=READ_AHEAD).sort(
                [("seq", ASCENDING), ("_id", ASCENDING)]
            )
            async for document in cursor:
                tickets.append(to_ticket(document))
                records -= len(tickets[-1].records)
                size += tickets[-1].weight
                if records <= 0 or size >= FRAME_BYTES:
                    break
            await cursor.close()
        return tickets

    async def still_there(self, ids: Iterable[str]) -> set[str]:
        with translated():
            return {row["_id"] async for row in self._work.find({"_id": {"$in": list(ids)}}, {"_id": 1})}

    async def waiting(self) -> Mapping[tuple[Service, int], int]:
        """Tickets waiting, by service and partition."""
        return {where: waiting.tickets for where, waiting in (await self.backlog(list(Service))).items()}

    async def backlog(self, services: Collection[Service]) -> Mapping[tuple[Service, int], Backlog]:
        with translated():
            return {
                (Service(row["_id"]["service"]), row["_id"]["partition"]): to_backlog(row)
                async for row in await self._work.aggregate(backlog_stages(services))
            }


def backlog_stages(services: Iterable[Service]) -> list[Document]:
    """What waits, by service and partition; answered from the index alone."""
    return [
        {"$match": {"service": {"$in": list(services)}}},
        {
            "$group": {
                "_id": {"service": "$service", "partition": "$partition"},
                "tickets": {"$sum": 1},
                "oldest": {"$min": "$at"},
            }
        },
        {"$set": {"age": {"$subtract": ["$$NOW", "$oldest"]}}},
    ]


def to_backlog(row: Document) -> Backlog:
    """`age` is in milliseconds; below zero when the sender's clock is ahead of the server's."""
    return Backlog(tickets=row["tickets"], seconds=max(0.0, row["age"] / 1000))
