"""`/v1/keys`: who may come in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from common.domain.access import ApiKey, Scope
from common.domain.instant import Instant
from common.domain.model import Model
from common.ports import Keys
from common.runtime.keys import make_key, require
from common.runtime.problems import Conflict, NotFound


class KeyRequest(Model):
    name: str = Field(min_length=1, max_length=200)
    scopes: frozenset[Scope] = Field(min_length=1)


class KeyView(Model):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: Instant
    created_by: str


class FreshKey(KeyView):
    """`key` is shown this once."""

    key: str


class KeyList(Model):
    items: list[KeyView]


class OwnKey(Conflict):
    slug, title = "own-key", "This key asked for it"


def shown(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        created_by=key.created_by,
    )


def router(keys: Keys) -> APIRouter:
    manager = require(Scope.MANAGE)
    routes = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[Depends(manager)])

    @routes.get("")
    async def list_keys() -> KeyList:
        """All keys, oldest first."""
        return KeyList(items=[shown(key) for key in await keys.all()])

    @routes.post("", status_code=201)
    async def create_key(request: KeyRequest, by: Annotated[ApiKey, Depends(manager)]) -> FreshKey:
        """Make a key. Keep the answer: the key itself is not stored."""
        new = make_key(request.name, request.scopes, by=by.name)
        await keys.add(new.key)
        return FreshKey(key=new.secret, **shown(new.key).model_dump())

    @routes.delete("/{key}", status_code=204)
    async def delete_key(key: str, by: Annotated[ApiKey, Depends(manager)]) -> None:
        """Take a key away; processes that know it forget it within seconds."""
        if key == by.id:
            raise OwnKey("use another key to take this one away, so that nobody is locked out")
        if not await keys.remove(key):
            raise NotFound("key", key)

    return routes
