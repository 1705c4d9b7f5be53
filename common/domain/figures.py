"""How well a flow does, in numbers: the figures that follow from what was counted (rollups.py)."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from common.domain.effect import EffectState
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.reasons import DropOut, Refusal, Status
from common.domain.rollups import (
    BOT_CLICKS,
    BOT_OPENS,
    BOUNCED,
    CLICKED,
    CLICKS,
    COMPLAINED,
    DELIVERED,
    ENROLLED,
    ENTERED,
    LEFT,
    OPENED,
    OPENS,
    PASSED,
    REMOVED,
    SECONDS,
    SETTLED,
    SUCCEEDED,
    Tally,
    dropped_out,
    refused,
)

People = Annotated[int, Field(description="Number of participants (passages).")]


class Figures(Model):
    """Figures of a flow, over all time. `suggested` = `enrolled` + all in `refused`; `enrolled` = all in
    `by_status`."""

    suggested: int = Field(
        description="Suggestions decided: enrolled or refused. One whose passage was removed by hand is not in it."
    )
    refused: dict[Refusal, int] = Field(
        description="Suggestions not enrolled, by the first reason that applied; each reason is listed."
    )
    enrolled: int = Field(description="Participants, whatever became of them.")
    in_progress: int = Field(description="Participants who are active.")
    completed: int = Field(description="Participants finished, with success or without.")
    succeeded: int = Field(
        description="Participants who met a success criterion, whether they have finished or not."
    )
    success_rate: float | None = Field(
        description="Finished with success ÷ enrolled, from 0 to 1; null while nobody was enrolled."
    )
    by_status: dict[Status, int] = Field(description="Participants by status; each status is listed.")
    by_drop_out_reason: dict[DropOut, int] = Field(
        description="Participants who dropped out, by reason; each reason is listed."
    )
    removed: int = Field(description="Passages removed by hand; they are in no other figure.")


class TimeFigures(Model):
    """What happened in one hour, day, week or month of the flow's timezone."""

    day: date = Field(description="The day on which it begins there.")
    start: Instant = Field(description="When it begins.")
    suggested: int = Field(description="Suggestions decided.")
    refused: int = Field(description="Suggestions refused.")
    enrolled: People
    succeeded: People
    finished: People
    finished_with_success: People
    dropped_out: People
    cancelled: People


class MessageFigures(Model):
    """Messages made of one content, over all time; each is counted once, whatever the number of its openings and
    clicks. Machines that open mails and follow links are in `bot_opens` and `bot_clicks`, and in nothing else."""

    channel: str = Field(description="How it went, such as `email`.")
    content: str = Field(description="Id of the content; empty for what has none, such as a text message.")
    by_state: dict[EffectState, int] = Field(
        description="Messages by what became of them: `done` was handed over, `in_doubt` may have been, `failed` "
        "was refused or given up, `withdrawn` was not sent. Each of the four is listed."
    )
    recipients: int = Field(description="Messages handed over.")
    delivered: int = Field(description="Messages of which the provider told that they arrived.")
    bounced: int = Field(description="Messages that came back after they had been handed over.")
    complained: int = Field(description="Messages that were complained of.")
    opened: int = Field(description="Messages that were opened, or clicked in.")
    clicked: int = Field(description="Messages in which at least one link was clicked.")
    open_rate: float | None = Field(description="Opened ÷ recipients; null while there are no recipients.")
    click_rate: float | None = Field(description="Clicked ÷ recipients; null while there are no recipients.")
    opens: int = Field(description="Openings; further ones of the same message are not told.")
    clicks: int = Field(description="Clicks, each one.")
    bot_opens: int = Field(description="Openings by machines.")
    bot_clicks: int = Field(description="Clicks by machines.")


class StepFigures(Model):
    """How people fare at one step. `entered` = all others, but for those who ended at `finish`."""

    step: str = Field(description="Id of the step; `start` is the queue, `finish` the place behind the last.")
    kind: str = Field(description="What kind of step; empty for the two places, and what is in no version.")
    title: str = Field(description="What its author called it.")
    entered: People
    standing: int = Field(description="Participants who stand there now.")
    passed: int = Field(description="Participants who went on to another step.")
    dropped_out: People
    cancelled: People
    average_seconds: float | None = Field(
        description="From reaching it to going on, on average; null while nobody has."
    )
    share: float | None = Field(description="Entered ÷ enrolled; null while nobody was enrolled.")


class RevenueFigures(Model):
    """Orders and sales of one currency that followed enrolments. One that follows passages of two flows is in the
    figures of both."""

    currency: str = Field(description="As the events told it; empty where they did not.")
    orders: int
    order_amount: Decimal
    sales_created: int
    sales_created_amount: Decimal
    sales_sold: int
    sales_sold_amount: Decimal
    sales_lost: int
    sales_lost_amount: Decimal
    revenue: Decimal = Field(description="Amounts of what was ordered and sold.")
    revenue_per_enrolled: float | None = Field(description="Null while nobody was enrolled.")


def count(tally: Tally, counter: str) -> int:
    return int(tally.get(counter, 0))


def rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


REFUSED = tuple(refused(reason) for reason in Refusal)


def suggestions(tally: Tally) -> tuple[int, int]:
    """(all suggestions, those refused)."""
    no = sum(int(tally[name]) for name in REFUSED if name in tally)
    return count(tally, ENROLLED) + no, no


def figures(tally: Tally) -> Figures:
    """The figures that follow from a flow's counts."""
    enrolled = count(tally, ENROLLED)
    left = {status: count(tally, status.value) for status in LEFT}
    active = enrolled - sum(left.values())
    success = left[Status.FINISHED_WITH_SUCCESS]
    return Figures(
        suggested=suggestions(tally)[0],
        refused={reason: count(tally, refused(reason)) for reason in Refusal},
        enrolled=enrolled,
        in_progress=active,
        completed=left[Status.FINISHED] + success,
        succeeded=count(tally, SUCCEEDED),
        success_rate=rate(success, enrolled),
        by_status={Status.ACTIVE: active} | left,
        by_drop_out_reason={reason: count(tally, dropped_out(reason)) for reason in DropOut},
        removed=count(tally, REMOVED),
    )


OVER_TIME = (
    ENROLLED,
    SUCCEEDED,
    *(status.value for status in LEFT),
    *REFUSED,
)
"""The counters that `TimeFigures` tell of."""


def time_figures(day: date, start: Instant, tally: Tally) -> TimeFigures:
    """One row of a chart."""
    suggested, no = suggestions(tally)
    return TimeFigures(
        day=day,
        start=start,
        suggested=suggested,
        refused=no,
        enrolled=count(tally, ENROLLED),
        succeeded=count(tally, SUCCEEDED),
        finished=count(tally, Status.FINISHED),
        finished_with_success=count(tally, Status.FINISHED_WITH_SUCCESS),
        dropped_out=count(tally, Status.DROPPED_OUT),
        cancelled=count(tally, Status.CANCELLED),
    )


def message_figures(channel: str, content: str, tally: Tally) -> MessageFigures:
    """One content's row."""
    recipients = count(tally, EffectState.DONE)
    named = (DELIVERED, BOUNCED, COMPLAINED, OPENED, CLICKED, OPENS, CLICKS, BOT_OPENS, BOT_CLICKS)
    return MessageFigures(
        channel=channel,
        content=content,
        by_state={state: count(tally, state) for state in SETTLED},
        recipients=recipients,
        open_rate=rate(count(tally, OPENED), recipients),
        click_rate=rate(count(tally, CLICKED), recipients),
        **{name: count(tally, name) for name in named},
    )


def step_figures(step: str, kind: str, title: str, tally: Tally, enrolled: int) -> StepFigures:
    """One step's row of the funnel."""
    entered, passed = count(tally, ENTERED), count(tally, PASSED)
    return StepFigures(
        step=step,
        kind=kind,
        title=title,
        entered=entered,
        standing=entered - passed - sum(count(tally, status) for status in LEFT),
        passed=passed,
        dropped_out=count(tally, Status.DROPPED_OUT),
        cancelled=count(tally, Status.CANCELLED),
        average_seconds=rate(count(tally, SECONDS), passed),
        share=rate(entered, enrolled),
    )
