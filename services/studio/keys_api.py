"""`/v1/keys`: who may come in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from common.domain.access import ApiKey, Scope
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.user import UserId
from common.ports import Keys
from common.runtime.keys import make_key, require
from common.runtime.problems import Conflict, Forbidden, NotFound

Manager = Annotated[ApiKey, Depends(require(Scope.MANAGE))]


class KeyRequest(Model):
    """`user`: the person for whom it stands, who sees the flows visible to that person; none: a machine, which sees
    them all."""

    name: str = Field(min_length=1, max_length=200)
    scopes: frozenset[Scope] = Field(min_length=1)
    user: UserId | None = None


class KeyView(Model):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: Instant
    created_by: str
    user: str | None


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
        user=key.user,
    )


def within(key: ApiKey, user: str | None) -> bool:
    """Whether keys of this user are this key's business."""
    return key.user is None or key.user == user


def router(keys: Keys) -> APIRouter:
    routes = APIRouter(prefix="/v1/keys", tags=["keys"])

    @routes.get("")
    async def list_keys(by: Manager) -> KeyList:
        """All keys, oldest first; to a person only the own ones."""
        return KeyList(items=[shown(key) for key in await keys.all() if within(by, key.user)])

    @routes.post("", status_code=201)
    async def create_key(request: KeyRequest, by: Manager) -> FreshKey:
        """Make a key. Keep the answer: the key itself is not stored. A person's key makes keys of that person, with
        scopes of its own."""
        if not within(by, request.user) or (by.user and not request.scopes <= by.scopes):
            raise Forbidden(f"the key stands for {by.user}: it makes keys of that user, with its own scopes")
        new = make_key(request.name, request.scopes, by=by.name, user=request.user)
        await keys.add(new.key)
        return FreshKey(key=new.secret, **shown(new.key).model_dump())

    @routes.delete("/{key}", status_code=204)
    async def delete_key(key: str, by: Manager) -> None:
        """Take a key away; processes that know it forget it within seconds."""
        if key == by.id:
            raise OwnKey("use another key to take this one away, so that nobody is locked out")
        if by.user is not None and key not in {each.id for each in await keys.all() if each.user == by.user}:
            raise NotFound("key", key)
        if not await keys.remove(key):
            raise NotFound("key", key)

    return routes
