"""Collections `attachments` (files that mails carry) and `attachment_pieces` (what is in them)."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from pymongo import ASCENDING, IndexModel

from common.adapters.mongo.client import Database, Document, translated
from common.domain.attachment import StoredFile

ATTACHMENTS = "attachments"
PIECES = "attachment_pieces"
INDEXES = {
    ATTACHMENTS: [IndexModel([("unused_since", ASCENDING)], sparse=True, name="attachments_by_age")],
    PIECES: [],
}
PIECE_BYTES = 1_000_000
ONLY_HERE = ("unused_since", "complete")
"""Machine time of the upload until a content names the file; whether all of it has come."""


class MongoAttachments:
    def __init__(self, database: Database) -> None:
        self._files = database[ATTACHMENTS]
        self._pieces = database[PIECES]

    async def add(self, name: str, media_type: str, content: AsyncIterator[bytes]) -> StoredFile:
        """Keep what comes, piece by piece. An upload that is cut short is no file, and goes with age."""
        now = datetime.now(UTC)
        stored = StoredFile(id=uuid4().hex, name=name, type=media_type, size=0, uploaded_at=now)
        row = {"_id": stored.id, **stored.model_dump(exclude={"id"}), "unused_since": now, "complete": False}
        with translated():
            await self._files.insert_one(row)
        size, number, digest = 0, 0, sha256()
        async for piece in pieces(content):
            with translated():
                await self._pieces.insert_one({"_id": piece_id(stored.id, number), "content": piece})
            size, number = size + len(piece), number + 1
            digest.update(piece)
        known = {"size": size, "sha256": digest.hexdigest()}
        with translated():
            await self._files.update_one({"_id": stored.id}, {"$set": known | {"complete": True}})
        whole: StoredFile = stored.but(**known)
        return whole

    async def many(self, ids: Collection[str]) -> Mapping[str, StoredFile]:
        with translated():
            rows = self._files.find({"_id": {"$in": sorted(ids)}, "complete": True})
            return {row["_id"]: to_file(row) async for row in rows}

    async def keep(self, ids: Collection[str]) -> bool:
        """From now on they have no age; `False` when one of them is gone."""
        known: Document = {"_id": {"$in": sorted(ids)}, "complete": True}
        with translated():
            kept = await self._files.update_many(known, {"$unset": {"unused_since": ""}})
        return kept.matched_count == len(ids)

    async def read(self, file: str) -> AsyncIterator[bytes]:
        """What is in it, piece by piece; nothing for a file that is not there."""
        with translated():
            async for row in self._pieces.find(pieces_of(file)).sort("_id", ASCENDING).batch_size(2):
                yield bytes(row["content"])


async def pieces(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, cut so that each piece fits into a document."""
    waiting = bytearray()
    async for some in content:
        waiting += some
        for piece in whole_pieces(waiting):
            yield piece
    if waiting:
        yield bytes(waiting)


def whole_pieces(waiting: bytearray) -> Iterator[bytes]:
    """Taken out of what waits."""
    while len(waiting) >= PIECE_BYTES:
        yield bytes(waiting[:PIECE_BYTES])
        del waiting[:PIECE_BYTES]


def piece_id(file: str, number: int) -> str:
    return f"{file}:{number:06}"


def pieces_of(file: str) -> Document:
    """By their ids alone: `;` comes behind `:`."""
    return {"_id": {"$gte": f"{file}:", "$lt": f"{file};"}}


def to_file(row: Document) -> StoredFile:
    for name in ONLY_HERE:
        row.pop(name, None)
    return StoredFile.model_validate({"id": row.pop("_id")} | row)
