"""Reports as they are answered: the figures of one flow, or of many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pydantic import Field

from common.domain.chart import layout
from common.domain.figures import (
    OVER_TIME,
    Figures,
    MessageFigures,
    StepFigures,
    TimeFigures,
    count,
    figures,
    message_figures,
    rate,
    step_figures,
    time_figures,
)
from common.domain.flow import Flow
from common.domain.model import Model
from common.domain.participant import FINISH, QUEUE
from common.domain.rollups import (
    ENROLLED,
    ContentRow,
    EarnedRow,
    FlowRow,
    RevenueRow,
    StepRow,
    Tally,
    earned_within,
)
from common.ports import Ask, Clock, FlowDesigns, Reports, Sums
from common.runtime.problems import Invalid, NotFound
from services.reporting.buckets import Bucket, By, buckets_asked
from services.reporting.revenue import RevenueReport, buyers_within, currencies, revenue_of, revenue_over_time

TOP = 10
MOST_COMPARED = 20
NOTHING: Tally = {}
ALL: tuple[object, ...] = ()


class FlowReport(Figures):
    """How well one flow does: totals over all time, and a row for each hour, day, week or month asked for."""

    flow: str = Field(description="Id of the flow.")
    run: int | None = Field(description="The run that all figures are about; null: all runs together.")
    timezone: str = Field(description="The flow's timezone, by which its hours and days are told.")
    messages: list[MessageFigures] = Field(description="By channel and content, in this order.")
    top_emails: list[MessageFigures] = Field(
        description=f"Up to {TOP} e-mails, those with the highest click rate first."
    )
    over_time: list[TimeFigures] = Field(description="The earliest first; also what nothing happened in.")


class FlowLine(Figures):
    """The totals of one flow in a list, over all its runs."""

    flow: str = Field(description="Id of the flow.")


class FlowLines(Model):
    """One page."""

    items: list[FlowLine]
    next: str | None = Field(description="Give it as `after` for the page behind this one; null on the last.")


class StepReport(Model):
    """The funnel of one flow: steps of its latest version from top to bottom, then those that it no longer has."""

    flow: str
    run: int | None
    enrolled: int
    steps: list[StepFigures]


class ComparedFlow(FlowLine):
    """One flow beside others."""

    name: str
    recipients: int = Field(description="E-mails handed over.")
    open_rate: float | None
    click_rate: float | None
    buyers: int
    revenue: dict[str, Decimal] = Field(description="By currency.")


class Comparison(Model):
    window: int = Field(description="Days from enrolment that revenue and buyers are about.")
    flows: list[ComparedFlow]


@dataclass(frozen=True, slots=True)
class FlowReports:
    """Reads counts, and makes figures of them."""

    reports: Reports
    flows: FlowDesigns
    clock: Clock

    async def one(
        self, flow: str, run: int | None, first: date | None, last: date | None, by: By
    ) -> FlowReport:
        """Raises `NotFound` for a flow that neither exists nor ever counted anything, and `Invalid`."""
        design = await self._design(flow)
        zone = design.zone if design else "UTC"
        buckets = buckets_asked(first, last, by, zone, await self.clock.now())
        about = Ask(FlowRow, (flow,), run=run)
        total, messages, times = await self.reports.read(
            [
                about,
                replace(about, kind=ContentRow, by=("channel", "content")),
                replace(
                    about,
                    counters=OVER_TIME,
                    grain=buckets.grain,
                    by=("start",),
                    first=buckets.first,
                    last=buckets.last,
                ),
            ]
        )
        found(flow, design, total)
        return report(flow, run, zone, total.get(ALL, NOTHING), messages, buckets.rows(times))

    async def steps(self, flow: str, run: int | None) -> StepReport:
        """Raises `NotFound`."""
        return (await self.standing(flow, run))[1]

    async def standing(self, flow: str, run: int | None) -> tuple[Figures, StepReport]:
        """Totals and steps as of one moment. Raises `NotFound`."""
        design = await self._design(flow)
        about = Ask(FlowRow, (flow,), run=run)
        total, counted = await self.reports.read([about, replace(about, kind=StepRow, by=("step",))])
        found(flow, design, total)
        totals = figures(total.get(ALL, NOTHING))
        tallies = {str(step): tally for (step,), tally in counted.items()}
        steps = funnel(design, tallies, totals.enrolled)
        return totals, StepReport(flow=flow, run=run, enrolled=totals.enrolled, steps=steps)

    async def revenue(
        self, flow: str, run: int | None, window: int, first: date | None, last: date | None, by: By
    ) -> RevenueReport:
        """Raises `NotFound` and `Invalid`."""
        design = await self._design(flow)
        zone = design.zone if design else "UTC"
        buckets = buckets_asked(first, last, by, zone, await self.clock.now())
        about = Ask(FlowRow, (flow,), run=run)
        total, counted, times = await self.reports.read(
            [
                about,
                replace(about, kind=RevenueRow, by=("currency", "kind", "window")),
                replace(
                    about,
                    kind=EarnedRow,
                    counters=(earned_within(window),),
                    grain=buckets.grain,
                    by=("start", "currency"),
                    first=buckets.first,
                    last=buckets.last,
                ),
            ]
        )
        found(flow, design, total)
        enrolled = count(total.get(ALL, NOTHING), ENROLLED)
        buyers = buyers_within(counted, window)
        return RevenueReport(
            flow=flow,
            run=run,
            window=window,
            enrolled=enrolled,
            buyers=buyers,
            conversion=rate(buyers, enrolled),
            currencies=currencies(counted, window, enrolled),
            over_time=revenue_over_time(times, window, buckets),
        )

    async def compare(self, flows: Sequence[str], window: int) -> Comparison:
        """Raises `NotFound` for the first that is not there, and `Invalid` for too many."""
        if len(flows) > MOST_COMPARED:
            raise Invalid([{"parameter": "flow", "detail": f"no more than {MOST_COMPARED} flows at a time"}])
        totals, messages, earned = await self.reports.read(
            [
                Ask(FlowRow, flows, by=("flow",)),
                Ask(ContentRow, flows, by=("flow", "channel")),
                Ask(RevenueRow, flows, by=("flow", "currency", "kind", "window")),
            ]
        )
        lines = []
        for flow in flows:
            design = await self._design(flow)
            total = totals.get((flow,), NOTHING)
            found(flow, design, {ALL: total} if total else {})
            mails = message_figures("email", "", messages.get((flow, "email"), NOTHING))
            theirs = {key[1:]: tally for key, tally in earned.items() if key[0] == flow}
            lines.append(compared(flow, design, total, mails, theirs, window))
        return Comparison(window=window, flows=lines)

    async def page(self, after: str | None, limit: int) -> FlowLines:
        """Flows by id: those that exist, and those of old that have figures."""
        ids = await self._ids(after, limit + 1)
        shown = ids[:limit]
        (totals,) = await self.reports.read([Ask(FlowRow, shown, by=("flow",))])
        lines = [FlowLine(flow=flow, **dict(figures(totals.get((flow,), NOTHING)))) for flow in shown]
        return FlowLines(items=lines, next=shown[-1] if len(ids) > limit else None)

    async def _ids(self, after: str | None, limit: int) -> Sequence[str]:
        existing = await self.flows.search(after=after, limit=limit)
        counted = await self.reports.flows(after, limit)
        return sorted({flow.id for flow in existing}.union(counted))[:limit]

    async def _design(self, flow: str) -> Flow | None:
        """The version that runs, or ran last; a draft that never ran."""
        stored = await self.flows.get(flow)
        if stored is None:
            return None
        version = await self.flows.version(flow, stored.version) if stored.version else None
        return version.document if version else stored.draft


def found(flow: str, design: Flow | None, total: Sums) -> None:
    """Raises `NotFound` for a flow that neither exists nor ever counted anything."""
    if design is None and not total:
        raise NotFound("flow", flow)


def report(
    flow: str,
    run: int | None,
    zone: str,
    total: Tally,
    messages: Sums,
    times: Sequence[tuple[Bucket, Tally]],
) -> FlowReport:
    """The answer that these counts give."""
    rows = [message_figures(str(key[0]), str(key[1]), messages[key]) for key in sorted(messages, key=str)]
    return FlowReport(
        flow=flow,
        run=run,
        timezone=zone,
        **dict(figures(total)),
        messages=rows,
        top_emails=top(rows),
        over_time=[time_figures(bucket.day, bucket.start, tally) for bucket, tally in times],
    )


def top(rows: Sequence[MessageFigures]) -> list[MessageFigures]:
    mails = [row for row in rows if row.channel == "email" and row.click_rate is not None]
    return sorted(mails, key=lambda row: (-(row.click_rate or 0), -row.recipients, row.content))[:TOP]


def funnel(design: Flow | None, tallies: Mapping[str, Tally], enrolled: int) -> list[StepFigures]:
    steps = {place.step.id: place.step for place in layout(design.steps)} if design else {}
    order = [QUEUE, *steps, *sorted(tallies.keys() - steps.keys() - {QUEUE, FINISH}), FINISH]
    rows = []
    for step in order:
        kind, title = (steps[step].kind, steps[step].title) if step in steps else ("", "")
        rows.append(step_figures(step, kind, title, tallies.get(step, NOTHING), enrolled))
    return rows


def compared(
    flow: str, design: Flow | None, total: Tally, mails: MessageFigures, earned: Sums, window: int
) -> ComparedFlow:
    return ComparedFlow(
        flow=flow,
        name=design.name if design else "",
        **dict(figures(total)),
        recipients=mails.recipients,
        open_rate=mails.open_rate,
        click_rate=mails.click_rate,
        buyers=buyers_within(earned, window),
        revenue=revenue_of(earned, window),
    )
