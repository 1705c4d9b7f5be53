"""Copies of flows and of the contents that they send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.domain.chart import used_contents
from common.domain.flow import Flow, StoredFlow
from common.runtime.problems import Changed, Conflict, NotFound
from services.studio.flow_designs import Designs

LONGEST_NAME = 200
LONGEST_ID = 64


class Taken(Conflict):
    """The id that the copy is to have is that of something else."""

    slug, title = "taken", "There is one of this name"


@dataclass(frozen=True, slots=True)
class Copies:
    designs: Designs

    async def flow(
        self, flow: str, copy: str, *, name: str | None, share_contents: bool, by: str
    ) -> StoredFlow:
        """Its draft as a new flow, with contents of its own unless they are to be shared. Raises `Taken`."""
        original = (await self.designs.get(flow)).draft
        if await self.designs.flows.get(copy) is not None:
            raise Taken(f"there is a flow {copy!r} already")
        contents = {} if share_contents else await self._copied(original, copy)
        draft = with_contents(original, contents)
        draft = draft.but(name=(name or f"{original.name} (copy)")[:LONGEST_NAME])
        created = await self.designs.flows.create(copy, draft, at=await self.designs.clock.now(), by=by)
        if created is None:
            raise Changed(f"somebody else has just created flow {copy!r}")
        return created

    async def content(self, content: str, copy: str) -> None:
        """Its newest version as the first of a new content. Raises `NotFound` and `Taken`."""
        latest = await self.designs.contents.latest(content)
        if latest is None:
            raise NotFound("content", content)
        at, version = await self.designs.clock.now(), await self.designs.contents.fresh(copy)
        if version is None or await self.designs.contents.add(copy, version, latest.body, at=at) is None:
            raise Taken(f"there is a content {copy!r} already")

    async def _copied(self, original: Flow, flow: str) -> dict[str, str]:
        """The contents that the flow sends, copied under names made of the new flow's; old to new."""
        heads = await self.designs.contents.heads()
        names: dict[str, str] = {}
        for content in sorted(used_contents(original) & heads.keys()):
            names[content] = unused(f"{flow}-{content}", {*heads, *names.values()})
            await self.content(content, names[content])
        return names


def unused(name: str, known: set[str]) -> str:
    """The name, cut to what an id may have, with a number where there is one already."""
    number, found = 1, name[:LONGEST_ID]
    while found in known:
        number += 1
        found = f"{name[: LONGEST_ID - 4]}-{number}"
    return found


def with_contents(flow: Flow, names: Mapping[str, str]) -> Flow:
    """The flow with these contents called otherwise, wherever its steps and patterns name one."""
    return Flow.model_validate(_renamed(flow.model_dump(mode="json"), names)) if names else flow


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: names.get(inner, inner)
            if key == "content" and isinstance(inner, str)
            else _renamed(inner, names)
            for key, inner in value.items()
        }
    return [_renamed(each, names) for each in value] if isinstance(value, list) else value
