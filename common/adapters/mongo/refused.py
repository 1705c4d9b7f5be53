"""Collection `refused`: messages from outside that could not be taken, until a person has looked at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ASCENDING, IndexModel, UpdateOne

from common.adapters.mongo.client import Database, Document, translated
from common.messages.posted import PostedMessage, RefusedMessage

REFUSED = "refused"
INDEXES = {
    REFUSED: [
        IndexModel([("contacts", ASCENDING)], name="refused_of_a_contact"),
        IndexModel([("way", ASCENDING)], name="refused_by_way"),
        IndexModel([("at", ASCENDING)], name="refused_by_age"),
    ]
}
MOST_BYTES = 12_000_000
"""Of a body; MongoDB's documents end at 16 MB."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """`at`: machine time of the first delivery. `size`: bytes of the body as it came; 12 MB of it are kept."""

    id: str
    at: datetime
    size: int
    refusal: RefusedMessage

    @property
    def whole(self) -> bool:
        return self.size == len(self.refusal.message.body)


class MongoRefused:
    def __init__(self, database: Database) -> None:
        self._refused = database[REFUSED]

    async def keep(self, refusals: Sequence[RefusedMessage]) -> None:
        """The same message again is kept once. Raises `Unavailable`."""
        rows = [to_row(refusal) for refusal in refusals]
        if not rows:
            return
        kept = [UpdateOne({"_id": row.pop("_id")}, {"$setOnInsert": row}, upsert=True) for row in rows]
        with translated():
            await self._refused.bulk_write(kept, ordered=False)

    async def page(self, *, after: str | None = None, limit: int = 100) -> Sequence[KeptMessage]:
        """In the order of their ids, behind `after`."""
        query: Document = {"_id": {"$gt": after}} if after else {}
        with translated():
            rows = self._refused.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_kept(row) async for row in rows]

    async def get(self, refused: str) -> KeptMessage | None:
        with translated():
            row = await self._refused.find_one({"_id": refused})
        return to_kept(row) if row else None

    async def drop(self, refused: str) -> bool:
        """For good; `False` when it is not there any more."""
        with translated():
            return (await self._refused.delete_one({"_id": refused})).deleted_count == 1


def to_row(refusal: RefusedMessage) -> Document:
    message = refusal.message
    return {
        "_id": message.digest,
        "v": 1,
        "at": datetime.now(UTC),
        "way": refusal.way,
        "errors": [dict(error) for error in refusal.errors],
        "contacts": list(refusal.contacts),
        "size": len(message.body),
        "body": message.body[:MOST_BYTES],
        "content_type": message.content_type,
        # As pairs: the names are the sender's, and may be none that a field can have.
        "properties": [list(pair) for pair in message.properties.items()],
        "message_id": message.message_id,
        "routing_key": message.routing_key,
    }


def to_kept(row: Document) -> KeptMessage:
    message = PostedMessage(
        body=bytes(row["body"]),
        content_type=row["content_type"],
        properties=dict(row["properties"]),
        message_id=row["message_id"],
        routing_key=row["routing_key"],
    )
    refusal = RefusedMessage(way=row["way"], message=message, errors=row["errors"], contacts=row["contacts"])
    return KeptMessage(id=row["_id"], at=row["at"], size=row["size"], refusal=refusal)
