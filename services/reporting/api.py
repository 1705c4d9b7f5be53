"""`/v1/reports`: how well flows do."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from common.domain.access import Scope
from common.domain.model import Slug
from common.ports import Clock, FlowDesigns, Reports
from common.runtime.keys import require
from services.reporting.flow_reports import FlowLines, FlowReport, FlowReports

PAGE = 50
MOST = 500

FlowId = Annotated[str, Path(description="The flow's id.", max_length=64)]
Run = Annotated[int | None, Query(ge=1, le=2**31, description="One run of the flow; all runs unless given.")]
From = Annotated[
    date | None,
    Query(alias="from", description="First day of `over_time` (UTC); 89 days before `to` unless given."),
]
To = Annotated[
    date | None,
    Query(description="Last day of `over_time` (UTC); today, in business time, unless given."),
]


def router(reports: Reports, flows: FlowDesigns, clock: Clock) -> APIRouter:
    reader = FlowReports(reports, flows, clock)
    routes = APIRouter(prefix="/v1/reports", tags=["reports"], dependencies=[Depends(require(Scope.REPORTS))])

    @routes.get("/flows")
    async def list_reports(
        after: Slug | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE
    ) -> FlowLines:
        """The totals of all flows, by the flow's id. Flows that were deleted stay, once they have figures."""
        return await reader.page(after, limit)

    @routes.get("/flows/{flow}")
    async def read_report(flow: FlowId, run: Run = None, from_: From = None, to: To = None) -> FlowReport:
        """One flow's figures. `from` and `to` choose the days of `over_time`, at most 1000; all else is over
        all time."""
        return await reader.one(flow, run, from_, to)

    return routes
