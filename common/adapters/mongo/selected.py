"""Who is on a selection: read from the contacts, by their lists or by the saved search."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from pymongo import ASCENDING
from pymongo.errors import ExecutionTimeout

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.condition_queries import contacts_who
from common.adapters.mongo.contacts import CONTACTS, to_contact
from common.domain.conditions import ANYONE, Asker
from common.domain.contact import Contact
from common.domain.selection import Selection, SelectionKind

COUNT_SECONDS = 5.0
"""After which a count is given up: a search may have to look at every contact."""


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


def on_selection(selection: Selection, now: datetime, asker: Asker = ANYONE) -> Document:
    """The query that finds who is on it."""
    match selection.kind:
        case SelectionKind.STATIC:
            return {"selections": selection.id}
        case SelectionKind.DYNAMIC:
            return contacts_who(selection.criteria, now, asker)
    assert_never(selection.kind)
