"""Who is on a selection: read from the contacts, by their lists or by the saved search."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import assert_never

from pymongo import ASCENDING
from pymongo.errors import ExecutionTimeout

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.condition_queries import contacts_who
from common.adapters.mongo.contacts import CONTACTS, to_contact
from common.domain.bulk import Chunk
from common.domain.conditions import ANYONE, Asker
from common.domain.contact import Contact
from common.domain.selection import Selection, SelectionKind

COUNT_SECONDS = 5.0
"""After which a count is given up: a search may have to look at every contact."""

SCANNED = 10_000
"""Contacts that a chunk of a search looks at, at most: however rare those are whom it finds."""


class MongoSelected:
    def __init__(self, database: Database, partitions: int) -> None:
        self._contacts = database[CONTACTS]
        self._anywhere: Document = {"partition": {"$in": list(range(partitions))}}

    async def count(self, selection: Selection, now: datetime, asker: Asker = ANYONE) -> int | None:
        """How many are on it; `None` when that takes too long to find out. Raises `Unavailable`."""
        query = self._anywhere | on_selection(selection, now, asker)
        with translated():
            try:
                return await self._contacts.count_documents(query, maxTimeMS=int(COUNT_SECONDS * 1000))
            except ExecutionTimeout:
                return None

    async def page(
        self, selection: Selection, now: datetime, *, after: str | None, limit: int
    ) -> Sequence[Contact]:
        """Contacts on it in the order of their ids, behind `after`."""
        behind: Document = {"_id": {"$gt": after}} if after else {}
        query = self._anywhere | behind | on_selection(selection, now)
        with translated():
            rows = self._contacts.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_contact(row) async for row in rows]

    async def chunk(
        self,
        selection: Selection,
        partition: int,
        now: datetime,
        asker: Asker,
        after: str,
        limit: int,
        facts: Collection[str],
    ) -> Chunk:
        """The next people on it in one partition, with what these facts need of them."""
        place: Document = {"partition": partition}
        end = await self._end_of_scan(place, after) if selection.kind is SelectionKind.DYNAMIC else None
        window: Document = {"_id": {"$gt": after} | ({"$lte": end} if end else {})}
        query = {"$and": [place | window, on_selection(selection, now, asker)]}
        with translated():
            rows = self._contacts.find(query, projection(facts), hint=INDEX[selection.kind], batch_size=limit)
            found = [to_contact(row) async for row in rows.sort("_id", ASCENDING).limit(limit)]
        if len(found) == limit:
            return Chunk(found, found[-1].id, more=True)
        return Chunk(found, end or (found[-1].id if found else after), more=end is not None)

    async def _end_of_scan(self, place: Document, after: str) -> str | None:
        """The id up to which one chunk of a search looks; `None`: to the end."""
        query = place | {"_id": {"$gt": after}}
        with translated():
            rows = self._contacts.find(query, {"_id": 1}).sort("_id", ASCENDING).skip(SCANNED - 1).limit(1)
            return next((row["_id"] for row in await rows.to_list()), None)


INDEX = {SelectionKind.STATIC: "contacts_on_a_selection", SelectionKind.DYNAMIC: "contacts_of_a_partition"}


def projection(facts: Collection[str]) -> dict[str, int]:
    """The fields of the contact in which these facts are."""
    roots = {name.split(".")[1] for name in facts if name.startswith("contact.")}
    return {"_id": 1} | dict.fromkeys(sorted(roots), 1)


def on_selection(selection: Selection, now: datetime, asker: Asker = ANYONE) -> Document:
    """The query that finds who is on it."""
    match selection.kind:
        case SelectionKind.STATIC:
            return {"selections": selection.id}
        case SelectionKind.DYNAMIC:
            return contacts_who(selection.criteria, now, asker)
    assert_never(selection.kind)
