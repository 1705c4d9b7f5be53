"""The operators' part of the studio's HTTP interface, out of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.parked import MongoParked
from common.adapters.mongo.retention import Kept
from common.domain.access import Scope
from common.domain.model import Model
from common.runtime.keys import require
from services.studio.flow_designs import Designs
from services.studio.operations import effects_api, forget_api, parked_api, replay_api
from services.studio.operations.effects_api import Doubts
from services.studio.operations.erasure import Eraser
from services.studio.operations.lateness import Overseer, PartitionView, Stuck
from services.studio.operations.replay import Replay

LATE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Operations:
    """What operators work on. `ages`: how long what has an age is kept."""

    parked: MongoParked
    effects: MongoEffects
    doubts: Doubts
    overseer: Overseer
    replay: Replay
    eraser: Eraser
    ages: Mapping[Kept, timedelta]


class PartitionList(Model):
    items: list[PartitionView]


def router(operations: Operations, designs: Designs) -> APIRouter:
    """All under `/v1/operations`, for keys that may manage and stand for no person: it is about every flow."""
    routes = APIRouter(
        prefix="/v1/operations",
        tags=["operations"],
        dependencies=[Depends(require(Scope.MANAGE, machines=True))],
    )

    @routes.get("/partitions")
    async def list_partitions() -> PartitionList:
        """Who owns what, and how far behind it is."""
        return PartitionList(items=await operations.overseer.partitions())

    @routes.get("/stuck")
    async def list_stuck(
        late: Annotated[float, Query(ge=0, le=86_400)] = LATE_SECONDS,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Stuck:
        """Participants, tickets and acts that have been late for so many seconds, each with the reason."""
        return await operations.overseer.stuck(timedelta(seconds=late), limit)

    routes.include_router(parked_api.router(operations.parked))
    routes.include_router(effects_api.router(operations.effects, operations.doubts))
    decisions_kept = operations.ages.get(Kept.DECISIONS)
    routes.include_router(replay_api.router(operations.replay, designs, decisions_kept))
    routes.include_router(forget_api.router(operations.eraser))
    return routes
