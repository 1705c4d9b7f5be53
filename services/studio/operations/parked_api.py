"""`/v1/operations/parked`: records that could not be handled."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from common.adapters.mongo.parked import MongoParked, ParkedRecord
from common.domain.instant import Instant
from common.domain.model import Model
from common.messages.topology import Service
from common.runtime.problems import NotFound


class ParkedView(Model):
    """`id` is that of the parked record; `record` the event's or operation's. `at` is machine time."""

    id: str
    service: Service
    partition: int
    at: Instant
    error: str
    record: str
    type: str
    contact: str | None


class ParkedPage(Model):
    """`next` goes into `after` for the page behind this one."""

    items: list[ParkedView]
    next: str | None


class ParkedDetail(ParkedView):
    """`content` is the whole record as it was taken out."""

    content: dict[str, Any]


def shown(parked: ParkedRecord) -> dict[str, Any]:
    record = parked.record
    return {
        "id": parked.id,
        "service": parked.service,
        "partition": parked.partition,
        "at": parked.at,
        "error": parked.error,
        "record": record.get("id", ""),
        "type": record.get("type", ""),
        "contact": record.get("contact"),
    }


def router(store: MongoParked) -> APIRouter:
    routes = APIRouter(prefix="/parked")

    @routes.get("")
    async def list_parked(
        service: Service | None = None,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> ParkedPage:
        """One page of what was taken out, and why."""
        found = await store.page(service=service, after=after, limit=limit)
        items = [ParkedView(**shown(parked)) for parked in found]
        return ParkedPage(items=items, next=found[-1].id if len(found) == limit else None)

    @routes.get("/{parked}")
    async def read_parked(parked: str) -> ParkedDetail:
        """One of them, with all that it holds."""
        found = await store.get(parked)
        if found is None:
            raise NotFound("parked record", parked)
        return ParkedDetail(**shown(found), content=found.record)

    @routes.post("/{parked}/replay", status_code=202)
    async def replay(parked: str) -> None:
        """Put it back where it was taken out. What flows have decided on it already stays decided."""
        if not await store.replay(parked):
            raise NotFound("parked record", parked)

    @routes.delete("/{parked}", status_code=204)
    async def drop(parked: str) -> None:
        """Throw it away. Its event, if it is one, stays in the archive."""
        if not await store.drop(parked):
            raise NotFound("parked record", parked)

    return routes
