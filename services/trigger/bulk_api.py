"""`/v1/enrolments/bulk`: everybody on a selection suggested for a flow, with progress, and ways to stop it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import Field

from common.domain.access import ApiKey, Scope
from common.domain.bulk import BulkEnrolment, BulkState, Tally, bulk_id, state_of
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.instant import Instant
from common.domain.model import Model, Slug
from common.domain.reasons import FlowState
from common.ports import Bulks, Clock, Flows, Selected, Selections
from common.runtime.keys import require
from common.runtime.problems import Conflict, Invalid, NotFound
from common.runtime.sight import Sight, sight_of

SightOf = Annotated[Sight, Depends(sight_of)]
MayPost = Annotated[ApiKey, Depends(require(Scope.EVENTS))]
BulkId = Annotated[str, Path(max_length=64, description="As it was answered at the start.")]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Stands in for `id`.")
]


class BulkRequest(Model):
    """Everybody on `selection`, static or dynamic. `id` makes it repeatable: the same again is the same one."""

    flow: Slug
    selection: Slug
    id: str | None = Field(default=None, min_length=1, max_length=200)


class BulkView(Model):
    """`total`: how many were on the selection at the start (`null`: not counted). `refused`: by reason."""

    id: str
    flow: str
    selection: str
    state: BulkState
    by: str
    started_at: Instant
    total: int | None
    suggested: int
    enrolled: int
    refused: dict[str, int]


class BulkList(Model):
    items: list[BulkView]


@dataclass(frozen=True, slots=True)
class BulkEnrolments:
    bulks: Bulks
    flows: Flows
    selections: Selections
    selected: Selected
    clock: Clock

    async def start(self, asked: BulkRequest, name: str, by: str) -> BulkEnrolment:
        """The one of this name; raises `NotFound`, `Invalid`, and `Conflict` where it can't be, or is another."""
        known = await self.bulks.get(bulk_id(name))
        if known is None:
            known = await self._fresh(asked, name, by)
            if not await self.bulks.start(known):
                known = await self.get(known.id)
        if (known.flow, known.selection.id) != (asked.flow, asked.selection):
            raise Conflict("this id was used for another flow or selection; choose a new one")
        return known

    async def _fresh(self, asked: BulkRequest, name: str, by: str) -> BulkEnrolment:
        flow = await self._open(asked.flow)
        selection = await self.selections.get(asked.selection)
        if selection is None:
            raise Invalid(
                [{"pointer": "#/selection", "detail": f"there is no selection {asked.selection!r}"}]
            )
        now = await self.clock.now()
        total = await self.selected.count(selection, now, (await self._version(flow)).document.asker)
        return BulkEnrolment(
            id=bulk_id(name), flow=flow.id, run=flow.run, selection=selection,
            by=by, started_at=now, total=total,
        )  # fmt: skip

    async def _open(self, flow: str) -> StoredFlow:
        stored = await self.flows.get(flow)
        if stored is None:
            raise NotFound("flow", flow)
        if stored.state is FlowState.NOT_RUNNING:
            raise Conflict(f"flow {flow!r} takes no participants; run it first")
        return stored

    async def _version(self, flow: StoredFlow) -> FlowVersion:
        version = await self.flows.version(flow.id, flow.version)
        assert version is not None, "an open flow has a frozen version"
        return version

    async def get(self, bulk: str) -> BulkEnrolment:
        known = await self.bulks.get(bulk)
        if known is None:
            raise NotFound("bulk enrolment", bulk)
        return known

    async def change(self, bulk: str, state: BulkState) -> BulkEnrolment:
        known = await self.get(bulk)
        stands = state_of(known, await self.tally(bulk))
        changed = await self.bulks.change(bulk, state) if stands is known.state else None
        if changed is None:
            raise Conflict(f"bulk enrolment {bulk!r} is {stands.replace('_', ' ')}; it can't become {state}")
        return changed

    async def tally(self, bulk: str) -> Tally:
        return (await self.bulks.tallies([bulk]))[bulk]

    async def view(self, bulk: BulkEnrolment) -> BulkView:
        return shown(bulk, await self.tally(bulk.id))


def shown(bulk: BulkEnrolment, tally: Tally) -> BulkView:
    return BulkView(
        id=bulk.id, flow=bulk.flow, selection=bulk.selection.id, state=state_of(bulk, tally), by=bulk.by,
        started_at=bulk.started_at, total=bulk.total, suggested=tally.suggested, enrolled=tally.enrolled,
        refused=dict(tally.refused),
    )  # fmt: skip


def router(enrolments: BulkEnrolments) -> APIRouter:
    routes = APIRouter(prefix="/v1/enrolments/bulk", tags=["bulk enrolments"])

    @routes.post("", status_code=202)
    async def start_bulk(
        key: MayPost, sight: SightOf, asked: BulkRequest, idempotency_key: IdempotencyKey = None
    ) -> BulkView:
        """Suggest everybody on a selection for a flow that runs or is paused. Whoever comes to be on it while this
        goes on may or may not be suggested."""
        await sight.check(key, asked.flow)
        name = asked.id or idempotency_key
        if name is None:
            raise Invalid([{"pointer": "#/id", "detail": "is required, or send the header Idempotency-Key"}])
        return await enrolments.view(await enrolments.start(asked, name, f"key {key.name}"))

    @routes.get("")
    async def list_bulks(
        key: MayPost,
        sight: SightOf,
        flow: Slug | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> BulkList:
        """Those started last, the latest first."""
        found = await enrolments.bulks.latest(flow, limit)
        hidden = await sight.hidden(key, [bulk.flow for bulk in found])
        seen = [bulk for bulk in found if bulk.flow not in hidden]
        tallies = await enrolments.bulks.tallies([bulk.id for bulk in seen])
        return BulkList(items=[shown(bulk, tallies[bulk.id]) for bulk in seen])

    add_acts(routes, enrolments)
    return routes


def add_acts(routes: APIRouter, enrolments: BulkEnrolments) -> None:
    async def seen_bulk(key: MayPost, sight: SightOf, bulk: BulkId) -> str:
        if await sight.hidden(key, [(await enrolments.get(bulk)).flow]):
            raise NotFound("bulk enrolment", bulk)
        return bulk

    SeenBulk = Annotated[str, Depends(seen_bulk)]  # noqa: N806 - a type, made where its store is known

    @routes.get("/{bulk}")
    async def read_bulk(bulk: SeenBulk) -> BulkView:
        """How far it has got."""
        return await enrolments.view(await enrolments.get(bulk))

    @routes.post("/{bulk}/pause")
    async def pause_bulk(bulk: SeenBulk) -> BulkView:
        """Nobody more is suggested; those who are go their way."""
        return await enrolments.view(await enrolments.change(bulk, BulkState.PAUSED))

    @routes.post("/{bulk}/resume")
    async def resume_bulk(bulk: SeenBulk) -> BulkView:
        """Go on where it stood."""
        return await enrolments.view(await enrolments.change(bulk, BulkState.RUNNING))

    @routes.post("/{bulk}/cancel")
    async def cancel_bulk(bulk: SeenBulk) -> BulkView:
        """Stop it for good; whoever is in the flow stays."""
        return await enrolments.view(await enrolments.change(bulk, BulkState.CANCELLED))
