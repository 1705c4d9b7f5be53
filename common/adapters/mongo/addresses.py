"""Collection `addresses`: the few e-mail addresses that refused mail, and which of them are blocked."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pymongo import ASCENDING, IndexModel, UpdateMany, UpdateOne

from common.adapters.mongo.client import Database, Document, translated
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.reassess import address_key
from common.ports import Write

ADDRESSES = "addresses"
INDEXES: dict[str, list[IndexModel]] = {ADDRESSES: []}


class Listed(StrEnum):
    BLOCKED = "blocked"
    COMPLAINTS = "complaints"


class AddressRow(Model):
    """An address that refused mail. `bounces`: in a row; `at`: of the last; business time."""

    address: str
    reason: str
    bounces: int
    blocked: bool
    at: Instant | None
    complained_at: Instant | None


BOUNCES_IN_A_ROW = 5
"""So many block an address, unless set otherwise (domain.md §9)."""


class MongoAddresses:
    """Keyed by `address_key`, so that letter case makes no second one."""

    def __init__(self, database: Database, most_in_a_row: int = BOUNCES_IN_A_ROW) -> None:
        self._addresses = database[ADDRESSES]
        self._most = most_in_a_row

    async def blocked(self, addresses: Iterable[str]) -> set[str]:
        keys = {address_key(address) for address in addresses}
        if not keys:
            return set()
        with translated():
            rows = self._addresses.find({"_id": {"$in": sorted(keys)}, "blocked": True}, {"_id": 1})
            return {row["_id"] async for row in rows}

    def bounced(self, address: str, *, permanent: bool, reason: str, at: datetime) -> Write:
        in_a_row: Document = {"$add": [{"$ifNull": ["$in_a_row", 0]}, 1]}
        reached: Document = {"$gte": ["$in_a_row", 1 if permanent else self._most]}
        blocked: Document = {"$or": [{"$ifNull": ["$blocked", False]}, reached]}
        update: list[Document] = [
            {"$set": {"v": 1, "in_a_row": in_a_row, "reason": {"$literal": reason}, "at": at}},
            {"$set": {"blocked": blocked}},
        ]
        return Write(ADDRESSES, [UpdateOne({"_id": address_key(address)}, update, upsert=True)])

    def complained(self, address: str, *, reason: str, at: datetime) -> Write:
        update = {
            "$set": {"v": 1, "blocked": True, "complained_at": at, "reason": reason or "complaint", "at": at}
        }
        return Write(ADDRESSES, [UpdateOne({"_id": address_key(address)}, update, upsert=True)])

    async def listed(self, which: Listed, *, after: str | None = None, limit: int = 100) -> list[AddressRow]:
        """One page in the order of addresses, behind `after`."""
        query: Document = (
            {"blocked": True} if which is Listed.BLOCKED else {"complained_at": {"$type": "date"}}
        )
        query |= {"_id": {"$gt": after}} if after else {}
        with translated():
            rows = self._addresses.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_row(row) async for row in rows]

    async def unblock(self, addresses: Iterable[str]) -> int:
        """Mail goes there again; how many that are new to."""
        keys = sorted({address_key(address) for address in addresses})
        free = {"$set": {"blocked": False, "in_a_row": 0}}
        with translated():
            result = await self._addresses.update_many({"_id": {"$in": keys}, "blocked": True}, free)
        return result.modified_count

    def delivered(self, addresses: Iterable[str]) -> Write:
        keys = {address_key(address) for address in addresses}
        query = {"_id": {"$in": sorted(keys)}, "in_a_row": {"$gt": 0}}
        return Write(ADDRESSES, [UpdateMany(query, {"$set": {"in_a_row": 0}}, hint="_id_")])


def to_row(row: Document) -> AddressRow:
    return AddressRow(
        address=row["_id"],
        reason=row.get("reason", ""),
        bounces=row.get("in_a_row", 0),
        blocked=row.get("blocked", False),
        at=row.get("at"),
        complained_at=row.get("complained_at"),
    )
