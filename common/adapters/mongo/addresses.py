"""Collection `addresses`: the few e-mail addresses that refused mail, and which of them are blocked."""

from collections.abc import Iterable
from datetime import datetime

from pymongo import IndexModel, UpdateMany, UpdateOne

from common.adapters.mongo.client import Database, Document, translated
from common.domain.reassess import address_key
from common.ports import Write

ADDRESSES = "addresses"
INDEXES: dict[str, list[IndexModel]] = {ADDRESSES: []}

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

    def delivered(self, addresses: Iterable[str]) -> Write:
        keys = {address_key(address) for address in addresses}
        query = {"_id": {"$in": sorted(keys)}, "in_a_row": {"$gt": 0}}
        return Write(ADDRESSES, [UpdateMany(query, {"$set": {"in_a_row": 0}}, hint="_id_")])
