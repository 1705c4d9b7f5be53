"""Whom given conditions fit, among the contacts that there are: how many, and a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pymongo
from pymongo import ASCENDING

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.condition_queries import contacts_who
from common.adapters.mongo.contacts import CONTACTS, to_contact
from common.domain.conditions import Asker, Criteria
from common.domain.contact import Contact

PATIENCE_SECONDS = 45.0
"""Conditions that no index helps are asked of every contact."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The contacts for whom `criteria` hold, asked by `asker` at business time `now`."""

    criteria: Criteria
    asker: Asker
    now: datetime

    def query(self) -> Document:
        return contacts_who(self.criteria, self.now, self.asker)


class MongoSegments:
    def __init__(self, database: Database) -> None:
        self._contacts = database[CONTACTS]

    async def count(self, segment: Segment) -> int:
        """Exactly. Raises `Unavailable`, also when it takes too long."""
        with translated(), pymongo.timeout(PATIENCE_SECONDS):
            return await self._contacts.count_documents(segment.query())

    async def page(self, segment: Segment, *, after: str | None, limit: int) -> Sequence[Contact]:
        """In the order of their ids, behind `after`."""
        query: Document = {"$and": [segment.query(), {"_id": {"$gt": after}}]} if after else segment.query()
        with translated(), pymongo.timeout(PATIENCE_SECONDS):
            rows = self._contacts.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_contact(row) async for row in rows]
