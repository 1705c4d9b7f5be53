"""What people change of the built-in CRM's records; a change and the event that it raises are one transaction."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pymongo import UpdateOne

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.crm_records import ATTEMPTS, COLLECTION_OF, MongoCrmRecords, to_document
from common.domain.crm_record import CrmRecord
from common.domain.ids import digest
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Archive, Batches, Clock, Commit, Committed, Unavailable, Write

Kept = TypeVar("Kept", bound=CrmRecord)
SOURCE = "headrace/crm"


class MongoCrmChanges(MongoCrmRecords):
    """Raises `Unavailable`."""

    def __init__(self, database: Database, batches: Batches, archive: Archive, clock: Clock) -> None:
        super().__init__(database)
        self._batches = batches
        self._archive = archive
        self._clock = clock

    async def change(self, kind: type[Kept], key: str, changes: Mapping[str, Any]) -> Kept | None:
        """The record with these fields; `None` where there is none, or its contact was forgotten. What changes
        nothing raises nothing."""
        for _ in range(ATTEMPTS):
            before = await self._read(kind, key)
            if before is None or before.erased:
                return None
            after: Kept = before.but(**changes)
            if after == before or await self._keep(before, after.but(revision=before.revision + 1)):
                return after
        raise Unavailable(COLLECTION_OF[kind])

    async def _read(self, kind: type[Kept], key: str) -> Kept | None:
        with translated():
            row = await self._database[COLLECTION_OF[kind]].find_one({"_id": key})
        return kind.model_validate({"id": row.pop("_id")} | row) if row else None

    async def _keep(self, before: Kept, after: Kept) -> bool:
        """`False`: another was first."""
        read: Document = {"$in": [1, None]} if before.revision == 1 else {"$eq": before.revision}
        fields = to_document(after)
        as_read = {"_id": fields.pop("_id"), "revision": read}
        event = Record(
            id=digest("crm record", after.id, str(after.revision)),
            type=after.tells(before),
            source=SOURCE,
            contact=after.contact,
            time=await self._clock.now(),
            data=after.event(),
        )
        writes = [
            Write(COLLECTION_OF[type(after)], [UpdateOne(as_read, {"$set": fields})], matches=1),
            *self._archive.raised([event]),
        ]
        commit = Commit(writes=writes, posted=[(Service.TRIGGER, event)])
        return (await self._batches.commit(commit)).outcome is Committed.DONE
