"""Counting anew after facts have gone with their time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.adapters.mongo.report_counts import TIMED
from common.domain.rollups import BUYERS, Grain, moment
from common.messages.happened import Earning, RevenueFollowed
from common.ports import FactRow
from services.reporting.recount import Recount, Rows, compared

ENROLLED = datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
HORIZON = ENROLLED + timedelta(days=20)


def order(day: int, *, enrolled_at: datetime = ENROLLED, participant: str = "p") -> FactRow:
    at = enrolled_at + timedelta(days=day)
    fact = RevenueFollowed(
        flow="winback",
        run=1,
        version=1,
        participant=participant,
        event=f"order {day}",
        kind=Earning.ORDER,
        currency="EUR",
        enrolled_at=enrolled_at,
    )
    return FactRow(f"{participant} {day}", "ada", at, moment(at, ZoneInfo("UTC")), 0, fact)


def recount(*orders: FactRow, horizon: datetime | None = None) -> Recount:
    counted = Recount(horizon)
    for row in orders:
        counted.fact(row)
        counted.earning(row)
    return counted


def differences(found: Rows, kept: Recount, horizon: datetime | None = HORIZON) -> list[tuple[Grain, int]]:
    wrong = compared(timed(kept.rows()), timed(found), horizon, timed(kept.perhaps()))
    return [(each.grain, each.expected - each.found) for each in wrong if each.counter == BUYERS]


def timed(rows: Rows) -> Rows:
    """Without the counts of months and of all time, which are held to days and hours."""
    return {place: tally for place, tally in rows.items() if place[1] in TIMED}


def test_a_later_order_makes_no_buyer_once_the_first_is_gone() -> None:
    found = recount(order(10), order(300)).rows()
    assert differences(found, recount(order(300), horizon=HORIZON)) == []


def test_whose_first_order_is_kept_stays_a_buyer_though_the_enrolment_is_gone() -> None:
    found = recount(order(30), order(300)).rows()
    assert differences(found, recount(order(30), order(300), horizon=HORIZON)) == []


def test_more_buyers_than_there_can_be_are_told() -> None:
    found = recount(*(order(30, participant=name) for name in "ab")).rows()
    wrong = differences(found, recount(order(30, participant="a"), horizon=HORIZON))
    assert sorted(wrong) == [(Grain.DAY, -1), (Grain.HOUR, -1)]


@pytest.mark.parametrize("horizon", [HORIZON, None])
def test_a_buyer_enrolled_behind_the_horizon_that_is_not_counted_is_told(horizon: datetime | None) -> None:
    bought = order(5, enrolled_at=HORIZON + timedelta(seconds=1))
    wrong = differences({}, recount(bought, horizon=horizon), horizon)
    assert sorted(wrong) == [(Grain.DAY, 1), (Grain.HOUR, 1)]
