"""What each kind of fact adds by itself."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from common.domain.reasons import DropOut, Refusal, Status
from common.domain.rollups import ContentRow, EarnedRow, FlowRow, Number, RevenueRow, Row, StepRow
from common.messages.happened import (
    Earning,
    Engagement,
    Happened,
    MessageEngaged,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    ParticipantSucceeded,
    RevenueFollowed,
    StepPassed,
    SuggestionRefused,
)
from services.reporting.counting import changes

EVENING = datetime(1998, 6, 30, 23, 59, 59, tzinfo=UTC)
EARLIER = EVENING - timedelta(days=9)
ABOUT = {"flow": "winback", "run": 2, "version": 3}
THEIRS = ABOUT | {"participant": "p"}
FLOW = FlowRow("winback", 2)
MAIL = {"effect": "e", "channel": "email", "step": "mail", "content": "thanks"}


def step(name: str) -> StepRow:
    return StepRow("winback", 2, name)


def counts(fact: Happened) -> dict[tuple[Row, str], Number]:
    total: Counter[tuple[Row, str]] = Counter()
    for row, counter, by in changes(fact, EVENING):
        total[row, counter] += by  # type: ignore[assignment]
    return dict(total)


def test_who_is_enrolled_stands_in_the_queue():
    assert counts(ParticipantEnrolled(**THEIRS)) == {(FLOW, "enrolled"): 1, (step("start"), "entered"): 1}


@pytest.mark.parametrize("reason", Refusal)
def test_a_refusal_counts_by_its_reason(reason: Refusal):
    assert counts(SuggestionRefused(**ABOUT, reason=reason)) == {(FLOW, f"refused_{reason.value}"): 1}


def test_who_goes_on_leaves_one_step_with_the_time_it_took_and_comes_to_another():
    fact = StepPassed(**THEIRS, step="wait", next_step="mail", entered_at=EARLIER, visit=1)
    assert counts(fact) == {
        (step("wait"), "passed"): 1,
        (step("wait"), "seconds"): 9 * 86_400,
        (step("mail"), "entered"): 1,
    }


def test_success_counts_when_it_is_met():
    assert counts(ParticipantSucceeded(**THEIRS, step="wait", enrolled_at=EARLIER)) == {
        (FLOW, "succeeded"): 1
    }


@pytest.mark.parametrize("status", [Status.FINISHED, Status.FINISHED_WITH_SUCCESS, Status.CANCELLED])
def test_who_leaves_counts_by_status_and_on_the_step(status: Status):
    fact = ParticipantLeft(**THEIRS, status=status, step="wait", entered_at=EARLIER, enrolled_at=EARLIER)
    assert counts(fact) == {(FLOW, status.value): 1, (step("wait"), status.value): 1}


def test_who_drops_out_counts_by_reason_too():
    fact = ParticipantLeft(
        **THEIRS, status=Status.DROPPED_OUT, reason=DropOut.NO_CONSENT, step="mail", enrolled_at=EARLIER
    )
    assert counts(fact) == {
        (FLOW, "dropped_out"): 1,
        (FLOW, "dropped_out_no_consent"): 1,
        (step("mail"), "dropped_out"): 1,
    }


def test_a_removal_counts_as_one():
    fact = ParticipantRemoved(**THEIRS, status=Status.ACTIVE, enrolled_at=EARLIER)
    assert counts(fact) == {(FLOW, "removed"): 1}


@pytest.mark.parametrize(
    ("kind", "bot", "counter"),
    [
        (Engagement.OPEN, False, "opens"),
        (Engagement.OPEN, True, "bot_opens"),
        (Engagement.CLICK, False, "clicks"),
        (Engagement.CLICK, True, "bot_clicks"),
    ],
)
def test_machines_are_counted_apart(kind: Engagement, bot: bool, counter: str):
    row = ContentRow("winback", 2, "email", "thanks")
    assert counts(MessageEngaged(**THEIRS, **MAIL, kind=kind, bot=bot)) == {(row, counter): 1}


def test_an_order_counts_in_its_currency_and_window():
    fact = RevenueFollowed(
        **THEIRS, event="order-1", kind=Earning.ORDER, amount=19.9, currency="EUR", enrolled_at=EARLIER
    )
    row = RevenueRow("winback", 2, "order", "EUR", 14)
    chart = EarnedRow("winback", 2, "EUR")
    earned = {(chart, f"within_{days}"): Decimal("19.9") for days in (14, 30, 60, 90, 180, 365)}
    assert counts(fact) == {(row, "events"): 1, (row, "amount"): Decimal("19.9")} | earned


@pytest.mark.parametrize("kind", [Earning.SALE_CREATED, Earning.SALE_LOST])
def test_what_is_not_sold_is_not_earned(kind: Earning):
    fact = RevenueFollowed(**THEIRS, event="sale-1", kind=kind, amount=5, currency="EUR", enrolled_at=EARLIER)
    row = RevenueRow("winback", 2, kind.value, "EUR", 14)
    assert counts(fact) == {(row, "events"): 1, (row, "amount"): Decimal("5")}
