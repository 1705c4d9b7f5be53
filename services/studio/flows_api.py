"""`/v1/flows`: designing and running flows."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from common.domain.access import ApiKey, Scope
from common.domain.flow import Flow, StoredFlow
from common.domain.flow_schema import flow_schema
from common.domain.instant import Instant
from common.domain.life_cycle import ALLOWED, Act
from common.domain.model import Model, Slug
from common.domain.reasons import FlowState
from common.domain.visibility import Viewer
from common.ports import FlowSummary
from common.runtime.keys import require
from common.runtime.problems import Invalid
from common.runtime.sight import Sight, sight_of
from services.studio.etags import Given, etag
from services.studio.flow_designs import Designs, Fault
from services.studio.life_cycle import LifeCycle

PAGE = 50
MOST = 500

FlowId = Annotated[Slug, Path(description="The flow's id.")]
Manager = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
Reader = Annotated[ApiKey, Depends(require(Scope.MANAGE, Scope.CONTENT))]
SightOf = Annotated[Sight, Depends(sight_of)]


class FlowView(Model):
    """A flow with its life. `allowed`: what can be done with it now; `revision` is its ETag."""

    id: Slug
    revision: int
    state: FlowState
    allowed: list[Act]
    version: int
    run: int
    created_at: Instant
    updated_at: Instant
    updated_by: str
    draft: Flow


class FlowLine(Model):
    """A flow in a list."""

    id: Slug
    name: str
    description: str
    folder: str
    owner: str
    state: FlowState
    version: int
    run: int
    revision: int
    created_at: datetime
    updated_at: datetime


class FlowPage(Model):
    """`next`: give it as `after` for the page behind this one; `null` on the last."""

    items: list[FlowLine]
    next: str | None


class Validation(Model):
    """Whether a draft may run, and all that keeps it from it; `warnings` keep it from nothing."""

    valid: bool
    problems: list[Fault]
    warnings: list[Fault]


def view(stored: StoredFlow, response: Response) -> FlowView:
    response.headers["ETag"] = etag(stored.revision)
    return FlowView(allowed=sorted(ALLOWED[stored.state]), **{name: getattr(stored, name) for name in SHOWN})


SHOWN = FlowView.model_fields.keys() - {"allowed"}


def page(found: list[FlowSummary], limit: int) -> FlowPage:
    """One more than the limit was asked for, to know whether there is a next page."""
    items = [FlowLine(**asdict(summary)) for summary in found[:limit]]
    return FlowPage(items=items, next=items[-1].id if len(found) > limit else None)


def router(designs: Designs, life: LifeCycle) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["flows"])

    @routes.get("/flows")
    async def list_flows(
        key: Reader,
        sight: SightOf,
        search: Annotated[str, Query(max_length=200)] = "",
        state: FlowState | None = None,
        after: Slug | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> FlowPage:
        """Flows by id; `search` looks into id, name and description."""
        viewer = await sight.viewer(key)
        found = await designs.flows.search(
            text=search, state=state, after=after, limit=limit + 1, viewer=viewer
        )
        return page(list(found), limit)

    @routes.get("/flows/{flow}")
    async def read_flow(key: Reader, flow: FlowId, response: Response) -> FlowView:
        """A flow's draft and life."""
        return view(await designs.get(flow), response)

    @routes.post("/flows/{flow}/validate")
    async def validate_flow(key: Reader, flow: FlowId) -> Validation:
        """Everything that keeps the draft from running."""
        draft = (await designs.get(flow)).draft
        faults = await designs.faults(flow, draft)
        return Validation(valid=not faults, problems=faults, warnings=await designs.warnings(draft))

    add_changes(routes, designs)
    add_acts(routes, life)
    return routes


def add_changes(routes: APIRouter, designs: Designs) -> None:
    @routes.put("/flows/{flow}", responses={201: {"model": FlowView}})
    async def write_flow(
        flow: FlowId, draft: Flow, given: Given, response: Response, key: Manager, sight: SightOf
    ) -> FlowView:
        """Create a flow, or save a draft over the one that was read (If-Match)."""
        still_seen(await sight.viewer(key), draft)
        stored, created = await designs.put(flow, draft, given, by=key.name)
        response.status_code = 201 if created else 200
        return view(stored, response)

    @routes.delete("/flows/{flow}", status_code=204)
    async def delete_flow(key: Manager, flow: FlowId, given: Given) -> None:
        """Delete a flow that is not running (If-Match)."""
        await designs.delete(flow, given)


def still_seen(viewer: Viewer | None, draft: Flow) -> None:
    """Nobody saves a flow out of their own sight: raises `Invalid`."""
    if viewer is not None and not viewer.sees(draft):
        told = f"you ({viewer.user}) would not see this flow: own it, or share it with you or your group"
        raise Invalid([{"pointer": "#/visible_for", "detail": told}])


def add_acts(routes: APIRouter, life: LifeCycle) -> None:
    @routes.post("/flows/{flow}/run")
    async def run_flow(flow: FlowId, given: Given, response: Response, key: Manager) -> FlowView:
        """Freeze the draft as the next version and let people in."""
        return view(await life.perform(Act.RUN, flow, given, by=key.name), response)

    @routes.post("/flows/{flow}/pause")
    async def pause_flow(flow: FlowId, given: Given, response: Response, key: Manager) -> FlowView:
        """Freeze everybody where they stand; once answered, nobody moves."""
        return view(await life.perform(Act.PAUSE, flow, given, by=key.name), response)

    @routes.post("/flows/{flow}/resume")
    async def resume_flow(flow: FlowId, given: Given, response: Response, key: Manager) -> FlowView:
        """Go on, with the draft as the next version."""
        return view(await life.perform(Act.RESUME, flow, given, by=key.name), response)

    @routes.post("/flows/{flow}/end")
    async def end_flow(flow: FlowId, given: Given, response: Response, key: Manager) -> FlowView:
        """Cancel everybody inside, for good."""
        return view(await life.perform(Act.END, flow, given, by=key.name), response)


def schema_router() -> APIRouter:
    """The shape of a flow, for editors; no secret."""
    routes = APIRouter(prefix="/v1/schema", tags=["flows"])

    @routes.get("/flow")
    async def read_schema() -> dict[str, object]:
        """The JSON Schema of a flow document."""
        return flow_schema()

    return routes
