"""`/v1/subscription-types`: what contacts can subscribe to, as the preference page shows it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from common.domain.access import Scope
from common.domain.model import Model, Slug
from common.domain.subscription_type import MOST_TYPES, SubscriptionType, SubscriptionTypeData
from common.ports import Clock, SubscriptionTypeDesigns
from common.runtime.keys import require
from common.runtime.problems import Conflict, NotFound
from services.studio.etags import Given, etag
from services.studio.writing import put

TypeId = Annotated[Slug, Path(description="The type's id, as flows and contacts name it.")]


class TypeList(Model):
    items: list[SubscriptionType]


class TooManyTypes(Conflict):
    slug, title = "too-many-types", "There are as many subscription types as there can be"


async def has_room(types: SubscriptionTypeDesigns, name: str) -> None:
    """Raises `TooManyTypes` where one more would be too many."""
    if await types.get(name) is None and len(await types.all()) >= MOST_TYPES:
        raise TooManyTypes(f"there may be {MOST_TYPES}; remove one first")


def router(types: SubscriptionTypeDesigns, clock: Clock) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/subscription-types", tags=["subscription types"],
        dependencies=[Depends(require(Scope.MANAGE))],
    )  # fmt: skip

    @routes.get("")
    async def list_types() -> TypeList:
        """All types, in the order in which readers see them."""
        return TypeList(items=list(await types.all()))

    @routes.get("/{name}")
    async def read_type(name: TypeId, response: Response) -> SubscriptionType:
        stored = await types.get(name)
        if stored is None:
            raise NotFound("subscription type", name)
        response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.put("/{name}", responses={201: {"model": SubscriptionType}})
    async def write_type(
        name: TypeId, data: SubscriptionTypeData, given: Given, response: Response
    ) -> SubscriptionType:
        """Create a type, or change what readers see of it (If-Match)."""
        await has_room(types, name)
        written, created = await put(types, clock, "subscription type", name, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    @routes.delete("/{name}", status_code=204)
    async def remove_type(name: TypeId) -> None:
        """Take it off the list. Flows may go on to name it, and contacts keep their subscriptions."""
        if not await types.remove(name):
            raise NotFound("subscription type", name)

    return routes
