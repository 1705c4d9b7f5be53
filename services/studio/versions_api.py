"""`/v1/flows/…/versions`: what was frozen when, and what each version changed; where people stand; copies."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Query, Response

from common.domain.access import ApiKey, Scope
from common.domain.flow import FlowVersion
from common.domain.flow_difference import Difference, difference
from common.domain.model import Model, Slug
from common.ports import VersionLine
from common.runtime.keys import require
from common.runtime.problems import NotFound
from services.studio.copies import Copies
from services.studio.flow_designs import Designs
from services.studio.flows_api import FlowId, FlowView, view

MOST = 100
Manager = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
reader = require(Scope.MANAGE, Scope.CONTENT)
Editor = Annotated[ApiKey, Depends(reader)]
Version = Annotated[int, Path(ge=1, description="The version's number.")]


class Versions(Protocol):
    async def listed(self, flow: str, *, before: int | None, limit: int) -> Sequence[VersionLine]: ...


class VersionRow(Model):
    version: int
    name: str
    frozen_at: datetime


class VersionPage(Model):
    """The newest first. `next`: give it as `before` for the page behind this one."""

    items: list[VersionRow]
    next: int | None


class Standing(Model):
    """How many active participants stand on each step; `start` is the queue before the first."""

    steps: dict[str, int]


class FlowCopy(Model):
    """`id` and `name` of the copy. Its contents are copied too, unless they are to be shared."""

    id: Slug
    name: str | None = None
    share_contents: bool = False


class ContentCopy(Model):
    """The id of the copy."""

    id: Slug


def router(designs: Designs, versions: Versions) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["flows"], dependencies=[Depends(reader)])

    async def frozen(flow: str, version: int) -> FlowVersion:
        found = await designs.flows.version(flow, version)
        if found is None:
            raise NotFound("version", f"{flow}:{version}")
        return found

    @routes.get("/flows/{flow}/versions")
    async def list_versions(
        flow: FlowId,
        before: Annotated[int | None, Query(ge=1)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    ) -> VersionPage:
        """The versions of a flow, the newest first."""
        found = await versions.listed(flow, before=before, limit=limit)
        if not found:
            await designs.get(flow)
        items = [VersionRow(**asdict(line)) for line in found]
        return VersionPage(items=items, next=items[-1].version if len(items) == limit else None)

    @routes.get("/flows/{flow}/versions/{version}")
    async def read_version(flow: FlowId, version: Version) -> FlowVersion:
        """A version as it was frozen."""
        return await frozen(flow, version)

    @routes.get("/flows/{flow}/versions/{version}/changes")
    async def compare(
        flow: FlowId, version: Version, since: Annotated[int | None, Query(ge=1)] = None
    ) -> Difference:
        """What this version changed since the one before it, or since another one."""
        after = await frozen(flow, version)
        older = since or version - 1
        return difference((await frozen(flow, older)).document, after.document) if older else Difference()

    @routes.get("/flows/{flow}/standing")
    async def standing(flow: FlowId) -> Standing:
        """Where the active participants stand now."""
        stored = await designs.get(flow)
        return Standing(steps=dict(await designs.passages.standing(flow, stored.run)))

    return routes


def copies_router(copies: Copies) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["flows"])

    @routes.post("/flows/{flow}/copy", status_code=201)
    async def copy_flow(flow: FlowId, wanted: FlowCopy, response: Response, key: Manager) -> FlowView:
        """A new flow with this one's draft, not running."""
        stored = await copies.flow(
            flow, wanted.id, name=wanted.name, share_contents=wanted.share_contents, by=key.name
        )
        return view(stored, response)

    @routes.post("/contents/{content}/copy", status_code=201, tags=["contents"])
    async def copy_content(key: Editor, content: Annotated[Slug, Path()], wanted: ContentCopy) -> ContentCopy:
        """A new content with the newest version of this one, for a step that is duplicated."""
        await copies.content(content, wanted.id)
        return wanted

    return routes
