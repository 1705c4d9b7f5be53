"""Reports as they are answered: the figures of one flow, or of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field

from common.domain.figures import (
    DayFigures,
    Figures,
    MessageFigures,
    day_figures,
    day_of,
    figures,
    message_figures,
)
from common.domain.model import Model
from common.ports import Clock, FlowDesigns, FlowTallies, Reports
from common.runtime.problems import Invalid, NotFound

USUAL_DAYS = 90
MOST_DAYS = 1000


class FlowReport(Figures):
    """How well one flow does: totals over all time, and a row for each day asked for."""

    flow: str = Field(description="Id of the flow.")
    run: int | None = Field(description="The run that all figures are about; null: all runs together.")
    messages: list[MessageFigures] = Field(description="By channel and content, in this order.")
    over_time: list[DayFigures] = Field(
        description="One row a day, the earliest first, also for days on which nothing happened."
    )


class FlowLine(Figures):
    """The totals of one flow in a list, over all its runs."""

    flow: str = Field(description="Id of the flow.")


class FlowLines(Model):
    """One page."""

    items: list[FlowLine]
    next: str | None = Field(description="Give it as `after` for the page behind this one; null on the last.")


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` to `last`, both included."""

    first: date
    last: date

    def all(self) -> list[date]:
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]


def days_asked(first: date | None, last: date | None, today: date) -> Days:
    """The last 90 days, unless told otherwise. Raises `Invalid` for more than 1000 days, or fewer than one."""
    last = last or max(today, first or today)
    first = first or date.fromordinal(max(last.toordinal() - USUAL_DAYS + 1, date.min.toordinal()))
    if first > last:
        raise Invalid([{"parameter": "from", "detail": f"{first} is after {last}"}])
    if (last - first).days >= MOST_DAYS:
        raise Invalid(
            [{"parameter": "from", "detail": f"no more than {MOST_DAYS} days at a time, to {last}"}]
        )
    return Days(first, last)


@dataclass(frozen=True, slots=True)
class FlowReports:
    """Reads counts, and makes figures of them."""

    reports: Reports
    flows: FlowDesigns
    clock: Clock

    async def one(self, flow: str, run: int | None, first: date | None, last: date | None) -> FlowReport:
        """Raises `NotFound` for a flow that neither exists nor ever counted anything, and `Invalid`."""
        days = days_asked(first, last, day_of(await self.clock.now()))
        if not await self.reports.has(flow) and await self.flows.get(flow) is None:
            raise NotFound("flow", flow)
        return report(flow, run, days, await self.reports.flow(flow, run, days.first, days.last))

    async def page(self, after: str | None, limit: int) -> FlowLines:
        """Flows by id: those that exist, and those of old that have figures."""
        found = await self._ids(after, limit + 1)
        ids = found[:limit]
        totals = await self.reports.totals(ids)
        lines = [FlowLine(flow=flow, **dict(figures(totals.get(flow, {})))) for flow in ids]
        return FlowLines(items=lines, next=ids[-1] if len(found) > limit else None)

    async def _ids(self, after: str | None, limit: int) -> Sequence[str]:
        existing = await self.flows.search(after=after, limit=limit)
        counted = await self.reports.flows(after, limit)
        return sorted({flow.id for flow in existing}.union(counted))[:limit]


def report(flow: str, run: int | None, days: Days, tallies: FlowTallies) -> FlowReport:
    """The answer that these counts give."""
    return FlowReport(
        flow=flow,
        run=run,
        **dict(figures(tallies.total)),
        messages=[message_figures(*key, tallies.messages[key]) for key in sorted(tallies.messages)],
        over_time=[day_figures(day, tallies.days.get(day, {})) for day in days.all()],
    )
