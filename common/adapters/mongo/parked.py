"""Collection `parked`: records whose handling raised, until a person takes them up again or drops them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.batch import PARKED, Announce
from common.adapters.mongo.client import Database, Document, in_transaction, translated
from common.adapters.mongo.work import WORK, to_document, unnumbered
from common.messages.record import Record
from common.messages.ticket import Ticket
from common.messages.topology import Service
from common.ports import Unstorable


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """`record` as it was stored: a release that reads records differently can still show it. `at` is machine
    time."""

    id: str
    service: Service
    partition: int
    record: dict[str, Any]
    error: str
    at: datetime


class MongoParked:
    """`announce` is told of the tickets of what is taken up again; it may not block or raise."""

    def __init__(self, database: Database, announce: Announce) -> None:
        self._database = database
        self._parked = database[PARKED]
        self._announce = announce

    async def page(
        self, *, service: Service | None = None, after: str | None = None, limit: int = 100
    ) -> Sequence[ParkedRecord]:
        """In the order of their ids, behind `after`."""
        query: Document = {"service": service} if service else {}
        query |= {"_id": {"$gt": after}} if after else {}
        with translated():
            rows = self._parked.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_parked(row) async for row in rows]

    async def get(self, parked: str) -> ParkedRecord | None:
        with translated():
            row = await self._parked.find_one({"_id": parked})
        return to_parked(row) if row else None

    async def replay(self, parked: str) -> bool:
        """Back into the inbox from which it was taken; `False` when it is not there any more.

        One transaction, so that it is taken up once however often it is asked for. Raises `Unstorable` for a
        record that this release can't read.
        """

        async def body(session: AsyncClientSession) -> Ticket | None:
            row = await self._parked.find_one_and_delete({"_id": parked}, session=session)
            if row is None:
                return None
            ticket = unnumbered(Service(row["service"]), row["partition"], [readable(row["record"])])
            await self._database[WORK].insert_one(to_document(ticket), session=session)
            return ticket

        ticket = await in_transaction(self._database, body)
        self._announce([ticket] if ticket else [])
        return ticket is not None

    async def drop(self, parked: str) -> bool:
        """For good; `False` when it is not there any more."""
        with translated():
            return (await self._parked.delete_one({"_id": parked})).deleted_count == 1


def to_parked(row: Document) -> ParkedRecord:
    return ParkedRecord(
        id=row["_id"],
        service=Service(row["service"]),
        partition=row["partition"],
        record=row["record"],
        error=row["error"],
        at=row["at"],
    )


def readable(document: Document) -> Record:
    try:
        record: Record = Record.model_validate(document).but(again=True)
    except ValidationError as error:
        raise Unstorable(f"this release can't read the record: {error}") from error
    return record
