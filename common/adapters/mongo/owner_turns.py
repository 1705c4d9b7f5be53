"""Collection `owner_turns`: how many contacts each step that shares among users has given away, by partition."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, translated
from common.domain.staff import turn_key
from common.ports import Write

OWNER_TURNS = "owner_turns"
INDEXES: dict[str, list[Any]] = {OWNER_TURNS: []}


class MongoOwnerTurns:
    def __init__(self, database: Database) -> None:
        self._turns = database[OWNER_TURNS]

    async def taken(self, partition: int, steps: Collection[str]) -> dict[str, int]:
        names = {f"{step}:{partition}": step for step in steps}
        with translated():
            rows = self._turns.find({"_id": {"$in": sorted(names)}})
            return {names[row["_id"]]: row["turn"] async for row in rows}

    def take(self, partition: int, turns: Mapping[str, int]) -> Sequence[Write]:
        """Only the partition's owner writes these, so the guard is enough."""
        updates = [
            UpdateOne({"_id": f"{step}:{partition}"}, {"$set": {"v": 1, "turn": turn}}, upsert=True)
            for step, turn in sorted(turns.items())
        ]
        return [Write(OWNER_TURNS, updates)] if updates else []


async def forget_turns(database: Database, flow: str, session: AsyncClientSession) -> None:
    """Of all steps of a flow, within the transaction that deletes it: who makes one of this name begins anew."""
    first = turn_key(flow, "")
    beyond = first[:-1] + chr(ord(first[-1]) + 1)
    await database[OWNER_TURNS].delete_many({"_id": {"$gte": first, "$lt": beyond}}, session=session)
