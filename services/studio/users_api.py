"""`/v1/users`: the CRM's users, to whom contacts belong, whom steps notify and give work to."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from common.domain.access import Scope
from common.domain.model import Model
from common.domain.user import User, UserData, UserId
from common.ports import Clock, UserDesigns
from common.runtime.keys import require
from common.runtime.problems import Invalid, NotFound
from services.studio.etags import Given, etag
from services.studio.writing import put

MOST_UPLOADED = 1_000

machines = require(Scope.MANAGE, machines=True)
"""A person who could change users would choose what to see."""

UserPath = Annotated[UserId, Path(description="The user's id in the CRM.")]


class UserPage(Model):
    """`next` goes into `after` for the page behind this one."""

    items: list[User]
    next: str | None


class UploadedUser(UserData):
    """A user to create or change."""

    id: UserId


class UploadAnswer(Model):
    """`changed` counts those that were there already."""

    created: int
    changed: int


Upload = Annotated[list[UploadedUser], Field(min_length=1, max_length=MOST_UPLOADED)]


def by_id(uploaded: Sequence[UploadedUser]) -> dict[str, UserData]:
    """Raises `Invalid` when one is there twice: which of the two is meant?"""
    found: dict[str, UserData] = {}
    for index, user in enumerate(uploaded):
        if user.id in found:
            raise Invalid([{"pointer": f"#/{index}/id", "detail": f"user {user.id!r} is there twice"}])
        given = user.model_dump(exclude={"id"}, exclude_unset=True)
        found[user.id] = UserData.model_validate(given)
    return found


def router(users: UserDesigns, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/users", tags=["users"], dependencies=[Depends(require(Scope.MANAGE))])

    @routes.get("")
    async def list_users(
        group: Annotated[str | None, Query(max_length=200, description="Only those of this group.")] = None,
        after: UserId | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> UserPage:
        """One page of users, in the order of their ids."""
        found = await users.page(group=group, after=after, limit=limit)
        return UserPage(items=list(found), next=found[-1].id if len(found) == limit else None)

    @routes.put("", dependencies=[Depends(machines)])
    async def upload_users(uploaded: Upload) -> UploadAnswer:
        """Create or change many, as another system knows them. Fields not given stay as they are."""
        done = await users.upload(by_id(uploaded), at=await clock.now())
        return UploadAnswer(created=done.created, changed=done.changed)

    @routes.get("/{user}")
    async def read_user(user: UserPath, response: Response) -> User:
        stored = await users.get(user)
        if stored is None:
            raise NotFound("user", user)
        response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.put("/{user}", dependencies=[Depends(machines)], responses={201: {"model": User}})
    async def write_user(user: UserPath, data: UserData, given: Given, response: Response) -> User:
        """Create a user, or replace what is known of one (If-Match)."""
        written, created = await put(users, clock, "user", user, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    @routes.delete("/{user}", dependencies=[Depends(machines)], status_code=204)
    async def remove_user(user: UserPath) -> None:
        """Erase all that is known of a user. Contacts, flows and steps may go on to name it; nobody is reached."""
        if not await users.remove(user):
            raise NotFound("user", user)

    return routes
