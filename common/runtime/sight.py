"""What the person behind a key sees. A key that stands for nobody is a machine's, and sees every flow."""

from collections.abc import Collection, Iterable
from typing import Protocol

from fastapi import Request

from common.domain.access import ApiKey
from common.domain.visibility import Viewer
from common.ports import Users
from common.runtime.problems import Forbidden, NotFound

FLOW = "flow"
"""The parameter of paths and queries that names a flow."""


class SeenFlows(Protocol):
    async def hidden(self, viewer: Viewer, flows: Collection[str]) -> set[str]:
        """Which of these there are, or were, that the viewer does not see."""
        ...


class Sight:
    """One for each process."""

    def __init__(self, flows: SeenFlows, users: Users) -> None:
        self._flows = flows
        self._users = users

    async def viewer(self, key: ApiKey) -> Viewer | None:
        """`None`: sees everything. A person who is not known any more is in no group."""
        if key.user is None:
            return None
        user = (await self._users.many([key.user])).get(key.user)
        if user is None or not user.group:
            return Viewer(key.user)
        colleagues = await self._users.of_groups([user.group])
        return Viewer(key.user, user.group, frozenset(each.id for each in colleagues))

    async def hidden(self, key: ApiKey, flows: Iterable[str]) -> set[str]:
        viewer, wanted = await self.viewer(key), sorted(set(flows))
        return await self._flows.hidden(viewer, wanted) if viewer and wanted else set()

    async def check(self, key: ApiKey, *flows: str) -> None:
        """Raises `NotFound` where one of these is not for this key to see, as if it were not there."""
        for flow in sorted(await self.hidden(key, flows)):
            raise NotFound("flow", flow)


def sight_of(request: Request) -> Sight:
    """A FastAPI dependency. The application keeps its `Sight` in `app.state.sight`."""
    sight = request.app.state.sight
    assert isinstance(sight, Sight)
    return sight


def named_flows(request: Request) -> list[str]:
    """The flows that path and query name."""
    in_path = request.path_params.get(FLOW)
    return [*([in_path] if in_path is not None else []), *request.query_params.getlist(FLOW)]


def for_machines(key: ApiKey) -> None:
    """Raises `Forbidden` for a person's key: what is shown here is about every flow."""
    if key.user is not None:
        raise Forbidden("this shows or changes what is everybody's; use a key that stands for no user")
