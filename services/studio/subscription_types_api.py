"""`/v1/subscription-types`: what contacts can subscribe to, as the preference page shows it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from common.adapters.mongo.subscription_types import MongoSubscriptionTypes
from common.domain.access import Scope
from common.domain.model import Model, Slug
from common.domain.subscription_type import MOST_TYPES, SubscriptionType, SubscriptionTypeData
from common.ports import Clock
from common.runtime.keys import require
from common.runtime.problems import Changed, Conflict, NotFound
from services.studio.etags import Conditions, Given, etag

TypeId = Annotated[Slug, Path(description="The type's id, as flows and contacts name it.")]


class TypeList(Model):
    items: list[SubscriptionType]


class TooManyTypes(Conflict):
    slug, title = "too-many-types", "There are as many subscription types as there can be"


async def put(
    types: MongoSubscriptionTypes, clock: Clock, name: str, data: SubscriptionTypeData, given: Conditions
) -> tuple[SubscriptionType, bool]:
    """Create or change; answers the type and whether it is new. The same data again changes nothing."""
    stored = await types.get(name)
    given.check(f"subscription type {name!r}", stored.revision if stored else None)
    now = await clock.now()
    if stored is None:
        if len(await types.all()) >= MOST_TYPES:
            raise TooManyTypes(f"there may be {MOST_TYPES}; remove one first")
        created = await types.create(name, data, at=now)
        if created is None:
            raise Changed(f"somebody else has just created subscription type {name!r}")
        return created, True
    changes = data.model_dump()
    if stored.model_dump(include=set(changes)) == changes:
        return stored, False
    changed: SubscriptionType = stored.but(revision=stored.revision + 1, updated_at=now, **changes)
    if not await types.save(changed, read=stored.revision):
        raise Changed(f"somebody else has just changed subscription type {name!r}")
    return changed, False


def router(types: MongoSubscriptionTypes, clock: Clock) -> APIRouter:
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
        written, created = await put(types, clock, name, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    @routes.delete("/{name}", status_code=204)
    async def remove_type(name: TypeId) -> None:
        """Take it off the list. Flows may go on to name it, and contacts keep their subscriptions."""
        if not await types.remove(name):
            raise NotFound("subscription type", name)

    return routes
