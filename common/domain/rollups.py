"""What is counted, and where: rows of counters about a flow, a step, a content or its revenue, by hour, by day, by
month and in all.

Days and hours are those of the flow's timezone in the version by which something happened, so that no edit moves
history. Participants are counted where they are enrolled and again where they leave; a message and a buyer once each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from common.domain.effect import OPEN_STATES, EffectState
from common.domain.reasons import DropOut, Refusal, Status

Number = int | Decimal
Tally = Mapping[str, Number]
"""Counts by the name of the counter; one that is missing is zero."""


class Grain(StrEnum):
    """How much time one row is about."""

    ALL = "all"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Moment:
    """Where on the flow's clock something happened: the day, and the instant at which its hour began."""

    day: date
    hour: datetime


def moment(at: datetime, zone: ZoneInfo) -> Moment:
    """By the clock of that timezone; its hours need not begin with those of UTC."""
    local = at.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return Moment(local.date(), (at - into).astimezone(UTC))


@dataclass(frozen=True, slots=True)
class FlowRow:
    flow: str
    run: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """`finish` and `start` are steps, too."""

    flow: str
    run: int
    step: str


@dataclass(frozen=True, slots=True)
class ContentRow:
    flow: str
    run: int
    channel: str
    content: str


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """`kind` of what followed an enrolment, in which `currency`; `window`: the shortest of `WINDOWS` for it."""

    flow: str
    run: int
    kind: str
    currency: str
    window: int


@dataclass(frozen=True, slots=True)
class EarnedRow:
    """What was ordered and sold in a currency: a counter for each of `WINDOWS`, with all that came within it, so that
    a chart reads one counter."""

    flow: str
    run: int
    currency: str


Row = FlowRow | StepRow | ContentRow | RevenueRow | EarnedRow

WINDOWS = (1, 7, 14, 30, 60, 90, 180, 365)
"""Days from enrolment, of 24 hours each, for which revenue can be asked."""


def window_of(after: timedelta) -> int:
    """The shortest window that holds what came this long after enrolment."""
    return next((days for days in WINDOWS if after <= timedelta(days=days)), WINDOWS[-1])


def earned_within(window: int) -> str:
    """The counter of what came within so many days."""
    return f"within_{window}"


def exact(amount: float) -> Decimal:
    """As it was written: the shortest decimal number that is read as this one."""
    return Decimal(str(amount))


def whole_seconds(at: datetime, since: datetime) -> int:
    return max(0, int((at - since).total_seconds()))


ENROLLED = "enrolled"
REMOVED = "removed"
"""Passages erased by hand; they are in no other counter any more."""
SUCCEEDED = "succeeded"
"""Met a success criterion, whatever became of them."""
ENTERED = "entered"
PASSED = "passed"
SECONDS = "seconds"
"""Spent on the step by those who passed it."""
OPENED, CLICKED = "opened", "clicked"
"""Messages, by people."""
OPENS, CLICKS, BOT_OPENS, BOT_CLICKS = "opens", "clicks", "bot_opens", "bot_clicks"
DELIVERED, BOUNCED, COMPLAINED = "delivered", "bounced", "complained"
EVENTS, AMOUNT, BUYERS = "events", "amount", "buyers"

LEFT = tuple(status for status in Status if status is not Status.ACTIVE)
SETTLED = tuple(state for state in EffectState if state not in OPEN_STATES)
"""The states in which messages are counted."""


def refused(reason: Refusal) -> str:
    """The counter of suggestions refused for this reason."""
    return f"refused_{reason.value}"


def dropped_out(reason: DropOut) -> str:
    """The counter of participants who dropped out for this reason."""
    return f"dropped_out_{reason.value}"


COUNTERS: Mapping[type[Row], tuple[str, ...]] = {
    FlowRow: (
        ENROLLED,
        REMOVED,
        SUCCEEDED,
        *(status.value for status in LEFT),
        *(refused(reason) for reason in Refusal),
        *(dropped_out(reason) for reason in DropOut),
    ),
    StepRow: (ENTERED, PASSED, SECONDS, *(status.value for status in LEFT)),
    ContentRow: (
        *(state.value for state in SETTLED),
        *(OPENED, CLICKED, OPENS, CLICKS, BOT_OPENS, BOT_CLICKS, DELIVERED, BOUNCED, COMPLAINED),
    ),
    RevenueRow: (EVENTS, AMOUNT, BUYERS),
    EarnedRow: tuple(earned_within(days) for days in WINDOWS),
}
"""By kind of row, all that it counts."""
