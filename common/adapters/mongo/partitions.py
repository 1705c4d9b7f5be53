"""Collections `partitions` (one row a service and partition: owner, fencing token, epoch, numbers) and `members`
(one row a living process, leased by the server's clock)."""

from collections.abc import Collection, Sequence
from typing import Any

import pymongo
from pymongo import ReturnDocument

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.leftovers import end_transactions
from common.messages.topology import FENCED_BY_EPOCH, ROAD, Service
from common.ports import Ownership

PARTITIONS = "partitions"
MEMBERS = "members"
INSTALLATION = "installation"

ACQUIRE_SECONDS = 1.0
"""A transaction that its process has left open holds the row for a while; whoever waits for it must go on beating."""

OWNED = (*ROAD, Service.EFFECTS)


def row_id(service: Service, partition: int) -> str:
    return f"{service}:{partition}"


class MongoPartitions:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database[PARTITIONS]
        self._members = database[MEMBERS]
        self._installation = database[INSTALLATION]

    async def ensure(self, count: int) -> int:
        """Create the rows at installation; the count is fixed then, and the one in force is answered."""
        with translated():
            installed = await self._installation.find_one_and_update(
                {"_id": "partitions"},
                {"$setOnInsert": {"count": count}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            assert installed is not None, "an upsert answers with the document"
            in_force = int(installed["count"])
        for service in OWNED:
            await self.add(service, in_force)
        return in_force

    async def add(self, service: Service, count: int) -> None:
        """The rows of one service, where they are missing."""
        with translated():
            for partition in range(count):
                await self._ensure_row(service, partition)

    async def _ensure_row(self, service: Service, partition: int) -> None:
        fresh = {
            "service": service, "partition": partition, "owner": None,
            "token": 0, "epoch": 0, "sent": 0, "applied": 0, "commits": 0,
        }  # fmt: skip
        await self._rows.update_one({"_id": row_id(service, partition)}, {"$setOnInsert": fresh}, upsert=True)

    async def beat(self, member: str, services: Collection[Service], lease: float) -> None:
        until: list[Document] = [
            {
                "$set": {
                    "services": list(services),
                    "lease": {"$add": ["$$NOW", int(lease * 1000)]},
                }
            }
        ]
        with translated():
            await self._members.update_one({"_id": member}, until, upsert=True)

    async def leave(self, member: str) -> None:
        with translated():
            await self._members.delete_one({"_id": member})

    async def bury(self) -> None:
        lapsed: Document = {"$expr": {"$lte": ["$lease", "$$NOW"]}}
        with translated():
            for member in [row["_id"] async for row in self._members.find(lapsed, {"_id": 1})]:
                await end_transactions(self._database, member)
                await self._members.delete_one({"_id": member} | lapsed)

    async def live(self, service: Service) -> Sequence[str]:
        """The living members that serve this service, sorted."""
        query: Document = {"services": service, "$expr": {"$gt": ["$lease", "$$NOW"]}}
        with translated():
            return sorted([row["_id"] async for row in self._members.find(query, {"_id": 1})])

    async def acquire(self, service: Service, partition: int, member: str) -> Ownership | None:
        live = await self.live(service)
        others = [name for name in live if name != member]
        with translated(), pymongo.timeout(ACQUIRE_SECONDS):
            row = await self._rows.find_one_and_update(
                {"_id": row_id(service, partition), "owner": {"$nin": others}},
                {"$set": {"owner": member}, "$inc": {"token": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return None if row is None else to_ownership(row)

    async def owned_by(self, member: str) -> Sequence[Ownership]:
        with translated():
            return [to_ownership(row) async for row in self._rows.find({"owner": member})]

    async def look(self, service: Service, partition: int) -> tuple[int, int]:
        with translated():
            row: Any = await self._rows.find_one(
                {"_id": row_id(service, partition)}, {"token": 1, "epoch": 1}
            )
        return row["token"], row["epoch"]

    async def release(self, service: Service, partition: int, token: int) -> None:
        with translated():
            await self._rows.update_one(
                {"_id": row_id(service, partition), "token": token}, {"$set": {"owner": None}}
            )

    async def raise_epoch(self, epoch: int) -> None:
        """One by one, outside a transaction: batches under way make a joint transaction lose for ever."""
        with translated():
            behind = self._rows.find(
                {"service": {"$in": list(FENCED_BY_EPOCH)}, "epoch": {"$lt": epoch}}, {"_id": 1}
            )
            for row in [row async for row in behind]:
                await self._rows.update_one({"_id": row["_id"]}, {"$max": {"epoch": epoch}})

    async def rows(self) -> Sequence[Document]:
        """Every partition as it stands, for the people who run it."""
        with translated():
            return [row async for row in self._rows.find().sort("_id", 1)]


def to_ownership(row: Document) -> Ownership:
    return Ownership(
        service=Service(row["service"]),
        partition=row["partition"],
        token=row["token"],
        epoch=row["epoch"],
        applied=row["applied"],
        last=row.get("last"),
    )
