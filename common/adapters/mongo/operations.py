"""What an operator asks of a running installation: who owns which partition and how far behind it is, and who and
what is late. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.flows import FLOWS
from common.adapters.mongo.participants import PARTICIPANTS, readable, to_passage
from common.adapters.mongo.partitions import MEMBERS, PARTITIONS
from common.adapters.mongo.work import WORK
from common.domain.effect import EffectState
from common.domain.participant import Participant
from common.domain.reasons import FlowState, Status
from common.messages.topology import Service

Key = tuple[Service, int]


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """`owner` is in its name, and `alive` tells whether that process still beats; `last` is business time."""

    service: Service
    partition: int
    owner: str | None
    alive: bool
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a partition: tickets, or, for the sender of effects, effects. `oldest` is machine time,
    `None` for effects."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class FlowStanding:
    """A flow as its life-cycle acts left it; `unfinished`: the last has not reached every partition."""

    id: str
    state: FlowState
    run: int
    unfinished: datetime | None

    @property
    def open(self) -> bool:
        return self.state is not FlowState.NOT_RUNNING


class MongoOperations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def partitions(self) -> Sequence[PartitionRow]:
        with translated():
            beating: Document = {"$expr": {"$gt": ["$lease", "$$NOW"]}}
            alive = {row["_id"] async for row in self._database[MEMBERS].find(beating, {"_id": 1})}
            order = [("service", ASCENDING), ("partition", ASCENDING)]
            rows = self._database[PARTITIONS].find().sort(order)
            return [
                PartitionRow(
                    service=Service(row["service"]),
                    partition=row["partition"],
                    owner=row["owner"],
                    alive=row["owner"] in alive,
                    last=row.get("last"),
                )
                async for row in rows
            ]

    async def waiting(self, older_than: datetime | None = None) -> Mapping[Key, Waiting]:
        """Tickets by service and partition; `older_than` (machine time): only those."""
        key = {"service": "$service", "partition": "$partition"}
        stages: list[Document] = [{"$match": {"at": {"$lt": older_than}}}] if older_than else []
        stages.append({"$group": {"_id": key, "count": {"$sum": 1}, "oldest": {"$min": "$at"}}})
        with translated():
            return {
                (Service(row["_id"]["service"]), row["_id"]["partition"]): Waiting(
                    row["count"], row["oldest"]
                )
                async for row in await self._database[WORK].aggregate(stages)
            }

    async def planned(self) -> Mapping[Key, Waiting]:
        """Effects that nobody has taken yet, by partition, those aside that wait for their window."""
        stages: list[Document] = [
            {"$match": {"state": EffectState.PLANNED, "opens_at": None}},
            {"$sortByCount": "$partition"},
        ]
        with translated():
            return {
                (Service.EFFECTS, row["_id"]): Waiting(row["count"], None)
                async for row in await self._database[EFFECTS].aggregate(stages)
            }

    async def flows(self) -> Sequence[FlowStanding]:
        """All that were ever run."""
        shown = {"state": 1, "run": 1, "unfinished": 1}
        with translated():
            rows = self._database[FLOWS].find({"run": {"$gt": 0}}, shown).sort("_id", ASCENDING)
            return [
                FlowStanding(
                    id=row["_id"],
                    state=FlowState(row["state"]),
                    run=row["run"],
                    unfinished=row.get("unfinished", {}).get("since"),
                )
                async for row in rows
            ]

    async def overdue(self, before: datetime, limit: int) -> Sequence[Participant]:
        """Whose timers were due before this business time, the longest first in each partition."""
        query: Document = {
            "partition": {"$gte": 0},
            "due": {"$type": "date", "$lt": before},
        }  # the timers' index
        return await self._participants(query, limit, sort="due")

    async def held(self, flow: FlowStanding, limit: int) -> Sequence[Participant]:
        """Set aside, as by a pause."""
        query = {"flow": flow.id, "run": flow.run, "held": True, "status": Status.ACTIVE}
        return await self._participants(query, limit)

    async def without_timer(self, flow: FlowStanding, limit: int) -> Sequence[Participant]:
        """Waiting for a time, with nothing that will tell them that it has come."""
        query: Document = {
            "flow": flow.id, "run": flow.run, "status": Status.ACTIVE,
            "held": False, "until": {"$type": "date"}, "due": None,
        }  # fmt: skip
        return await self._participants(query, limit)

    async def left_behind(self, flow: FlowStanding, limit: int) -> Sequence[Participant]:
        """Active in a run that is over."""
        runs: Any = {"$lt": flow.run} if flow.open else {"$lte": flow.run}
        return await self._participants({"flow": flow.id, "run": runs, "status": Status.ACTIVE}, limit)

    async def parked_timers(self, participants: Collection[str]) -> set[str]:
        """Which of these stand still because their timer was parked."""
        query = {"record.data.participant": {"$in": list(participants)}}
        with translated():
            rows = self._database[PARKED].find(query, {"record.data.participant": 1})
            return {row["record"]["data"]["participant"] async for row in rows}

    async def _participants(
        self, query: Document, limit: int, sort: str | None = None
    ) -> Sequence[Participant]:
        """Those that can be read: the others are set aside when their turn comes, and told of by what is parked."""
        found = self._database[PARTICIPANTS].find(query).limit(limit)
        with translated():
            rows = found.sort(sort, ASCENDING) if sort else found
            return [passage async for row in rows if (passage := readable(to_passage(row)))]
