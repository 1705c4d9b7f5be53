"""Collection `crm_events`: the CRM's events that are accepted, and wait for their records to be fetched."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ASCENDING, IndexModel

from common.adapters.mongo.client import Database, Document, translated
from common.messages.record import Record

CRM_EVENTS = "crm_events"
INDEXES = {
    CRM_EVENTS: [
        IndexModel([("at", ASCENDING)], name="crm_events_by_age"),
        IndexModel([("record.contact", ASCENDING)], name="crm_events_of_a_contact"),
    ]
}


@dataclass(frozen=True, slots=True)
class CrmEvent:
    """`record` as it is archived if nothing more is known; `entity` and `key` name what is to be fetched."""

    record: Record
    entity: str
    key: str


class MongoCrmEvents:
    """Written by whoever answers the CRM; taken by any trigger, twice at worst: the archive knows repeats."""

    def __init__(self, database: Database) -> None:
        self._events = database[CRM_EVENTS]

    async def add(self, event: CrmEvent) -> bool:
        """Durable when it comes back; `False` where it waits already."""
        document = to_document(event)
        with translated():
            added = await self._events.update_one(
                {"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True
            )
        return added.upserted_id is not None

    async def oldest(self, limit: int) -> Sequence[CrmEvent]:
        with translated():
            rows = self._events.find().sort("at", ASCENDING).limit(limit)
            return [to_event(row) async for row in rows]

    async def done(self, ids: Collection[str]) -> None:
        with translated():
            await self._events.delete_many({"_id": {"$in": sorted(ids)}})


def to_document(event: CrmEvent) -> Document:
    return {
        "_id": event.record.id,
        "v": 1,
        "at": datetime.now(UTC),
        "entity": event.entity,
        "key": event.key,
        "record": event.record.model_dump(exclude_defaults=True),
    }


def to_event(row: Document) -> CrmEvent:
    return CrmEvent(Record.model_validate(row["record"]), row["entity"], row["key"])
