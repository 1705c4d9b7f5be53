"""What one fact changes in the figures, by itself: messages and buyers, who count once, are told apart elsewhere."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from common.domain.participant import QUEUE
from common.domain.reasons import Status
from common.domain.rollups import (
    AMOUNT,
    BOT_CLICKS,
    BOT_OPENS,
    CLICKS,
    ENROLLED,
    ENTERED,
    EVENTS,
    OPENS,
    PASSED,
    REMOVED,
    SECONDS,
    SUCCEEDED,
    WINDOWS,
    ContentRow,
    EarnedRow,
    FlowRow,
    Number,
    RevenueRow,
    Row,
    StepRow,
    dropped_out,
    earned_within,
    exact,
    refused,
    whole_seconds,
    window_of,
)
from common.messages.happened import (
    EARNED,
    Engagement,
    Fact,
    Happened,
    MessageEngaged,
    MessageFared,
    MessageSettled,
    OfMessage,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    ParticipantSucceeded,
    RevenueFollowed,
    StepPassed,
    SuggestionRefused,
)

Change = tuple[Row, str, Number]
"""A row, one of its counters, and what is added to it."""


def changes(fact: Happened, at: datetime) -> Iterator[Change]:
    """What a fact of that time adds, at that time."""
    match fact:
        case ParticipantEnrolled():
            yield flow_row(fact), ENROLLED, 1
            yield step_row(fact, QUEUE), ENTERED, 1
        case StepPassed():
            yield step_row(fact, fact.step), PASSED, 1
            yield step_row(fact, fact.step), SECONDS, whole_seconds(at, fact.entered_at)
            yield step_row(fact, fact.next_step), ENTERED, 1
        case ParticipantSucceeded():
            yield flow_row(fact), SUCCEEDED, 1
        case ParticipantLeft():
            yield from left(fact)
        case ParticipantRemoved():
            yield flow_row(fact), REMOVED, 1
        case SuggestionRefused():
            yield flow_row(fact), refused(fact.reason), 1
        case MessageEngaged():
            yield content_row(fact), engaged(fact), 1
        case RevenueFollowed():
            yield from earned(fact, revenue_row(fact, at))
        case MessageSettled() | MessageFared():
            return
        case _:
            assert_never(fact)


def left(fact: ParticipantLeft) -> Iterator[Change]:
    yield flow_row(fact), fact.status.value, 1
    if fact.reason is not None:
        yield flow_row(fact), dropped_out(fact.reason), 1
    if fact.status is not Status.ACTIVE and fact.step:
        yield step_row(fact, fact.step), fact.status.value, 1


def earned(fact: RevenueFollowed, row: RevenueRow) -> Iterator[Change]:
    amount = exact(fact.amount or 0)
    yield row, EVENTS, 1
    yield row, AMOUNT, amount
    if fact.kind in EARNED:
        for days in WINDOWS:
            if days >= row.window:
                yield EarnedRow(fact.flow, fact.run, fact.currency), earned_within(days), amount


def engaged(fact: MessageEngaged) -> str:
    match fact.kind:
        case Engagement.OPEN:
            return BOT_OPENS if fact.bot else OPENS
        case Engagement.CLICK:
            return BOT_CLICKS if fact.bot else CLICKS
    assert_never(fact.kind)


def flow_row(fact: Fact) -> FlowRow:
    return FlowRow(fact.flow, fact.run)


def step_row(fact: Fact, step: str) -> StepRow:
    return StepRow(fact.flow, fact.run, step)


def content_row(fact: OfMessage) -> ContentRow:
    return ContentRow(fact.flow, fact.run, fact.channel, fact.content)


def revenue_row(fact: RevenueFollowed, at: datetime) -> RevenueRow:
    window = window_of(max(at - fact.enrolled_at, timedelta()))
    return RevenueRow(fact.flow, fact.run, fact.kind.value, fact.currency, window)
