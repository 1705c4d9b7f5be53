"""`/v1/reports`: how well flows do."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator

from common.domain.access import ApiKey, Scope
from common.domain.model import Slug
from common.domain.rollups import WINDOWS
from common.ports import Clock, FlowDesigns, Reports
from common.runtime.keys import require
from common.runtime.sight import Sight, sight_of
from services.reporting.buckets import By
from services.reporting.flow_reports import (
    MOST_COMPARED,
    Comparison,
    FlowLines,
    FlowReport,
    FlowReports,
    StepReport,
)
from services.reporting.live import Live
from services.reporting.revenue import RevenueReport


def a_window(days: int) -> int:
    if days not in WINDOWS:
        raise ValueError(f"one of {', '.join(map(str, WINDOWS))} days")
    return days


MayRead = Annotated[ApiKey, Depends(require(Scope.REPORTS))]
SightOf = Annotated[Sight, Depends(sight_of)]
PAGE = 50
MOST = 500

FlowId = Annotated[str, Path(description="The flow's id.", max_length=64)]
Run = Annotated[int | None, Query(ge=1, le=2**31, description="One run of the flow; all runs unless given.")]
From = Annotated[
    date | None,
    Query(
        alias="from",
        description="First day of `over_time`, in the flow's timezone; unless given, so that there are 90 days, 7 by "
        "hour, 365 by month.",
    ),
]
To = Annotated[
    date | None,
    Query(
        description="Last day of `over_time`, in the flow's timezone; today, in business time, unless given."
    ),
]
Rows = Annotated[
    By,
    Query(
        description="What one row of `over_time` is about. At most 14 days by hour, 366 by day and week, 3660 by "
        "month; months are whole."
    ),
]
Window = Annotated[
    int,
    AfterValidator(a_window),
    Query(
        description="Days from enrolment within which orders and sales count.",
        json_schema_extra={"enum": list(WINDOWS)},
    ),
]
Every = Annotated[float, Query(ge=1, le=60, description="Seconds between looks.")]
Compared = Annotated[
    list[Slug], Query(alias="flow", min_length=1, max_length=MOST_COMPARED, description="Flows by id.")
]


def router(
    reports: Reports, flows: FlowDesigns, clock: Clock, stopping: Callable[[], bool] = lambda: False
) -> APIRouter:
    reader = FlowReports(reports, flows, clock)
    routes = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[Depends(require(Scope.REPORTS))])
    tell_of_many(routes, reader)
    tell_of_one(routes, reader)
    tell_live(routes, Live(reader, stopping))
    return routes


def tell_of_many(routes: APIRouter, reader: FlowReports) -> None:
    @routes.get("/flows")
    async def list_reports(
        key: MayRead,
        sight: SightOf,
        after: Slug | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> FlowLines:
        """The totals of all flows, by the flow's id. Flows that were deleted stay, once they have figures."""
        lines = await reader.page(after, limit)
        hidden = await sight.hidden(key, [line.flow for line in lines.items])
        return FlowLines(items=[line for line in lines.items if line.flow not in hidden], next=lines.next)

    @routes.get("/comparison")
    async def compare_flows(flows: Compared, window: Window = 30) -> Comparison:
        """Flows beside each other, over all their runs."""
        return await reader.compare(flows, window)


def tell_of_one(routes: APIRouter, reader: FlowReports) -> None:
    @routes.get("/flows/{flow}")
    async def read_report(
        flow: FlowId, run: Run = None, from_: From = None, to: To = None, by: Rows = By.DAY
    ) -> FlowReport:
        """One flow's figures. `from`, `to` and `by` choose the rows of `over_time`; all else is over all time."""
        return await reader.one(flow, run, from_, to, by)

    @routes.get("/flows/{flow}/steps")
    async def read_steps(flow: FlowId, run: Run = None) -> StepReport:
        """How many came to each step, went on, stand there, or left, and how long it took; from top to bottom."""
        return await reader.steps(flow, run)

    @routes.get("/flows/{flow}/revenue")
    async def read_revenue(
        flow: FlowId,
        run: Run = None,
        window: Window = 30,
        from_: From = None,
        to: To = None,
        by: Rows = By.DAY,
    ) -> RevenueReport:
        """What contacts ordered and bought after they were enrolled. The event that enrolled them is not in it."""
        return await reader.revenue(flow, run, window, from_, to, by)


def tell_live(routes: APIRouter, live: Live) -> None:
    @routes.get("/flows/{flow}/live", response_class=StreamingResponse)
    async def watch_flow(flow: FlowId, run: Run = None, every: Every = 2) -> StreamingResponse:
        """Server-sent events: one (`figures`) with totals and steps now, and one whenever they have changed. After 15
        minutes it ends; come again."""
        first = await live.first(flow, run)
        events = live.events(flow, run, first, every)
        return StreamingResponse(
            events,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
