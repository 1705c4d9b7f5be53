"""Collection `held_addresses`: who has an address in a run of a flow. An id is there once: so one is first."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pymongo import DeleteOne, InsertOne

from common.adapters.mongo.client import Database, translated
from common.ports import Write

HELD_ADDRESSES = "held_addresses"
INDEXES: dict[str, list[Any]] = {HELD_ADDRESSES: []}


class MongoHeldAddresses:
    def __init__(self, database: Database) -> None:
        self._held = database[HELD_ADDRESSES]

    async def holders(self, ids: Collection[str]) -> dict[str, str]:
        with translated():
            rows = self._held.find({"_id": {"$in": sorted(ids)}})
            return {row["_id"]: row["participant"] async for row in rows}

    def change(self, released: Mapping[str, str], taken: Mapping[str, str]) -> list[Write]:
        """In this order: what one has let go another may take in the same batch."""
        gone = [DeleteOne({"_id": i, "participant": who}) for i, who in sorted(released.items())]
        new = [InsertOne({"_id": i, "v": 1, "participant": who}) for i, who in sorted(taken.items())]
        return list(writes([gone, new]))


def writes(operations: Iterable[list[Any]]) -> Iterable[Write]:
    return (Write(HELD_ADDRESSES, each) for each in operations if each)
