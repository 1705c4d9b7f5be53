"""Revenue after enrolment: what orders and sales within a window come to."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import cast

from pydantic import Field

from common.domain.figures import RevenueFigures, count
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.rollups import AMOUNT, BUYERS, EVENTS, Tally, earned_within
from common.messages.happened import EARNED, Earning
from common.ports import Sums
from services.reporting.buckets import Buckets

NOTHING: Tally = {}


class RevenueTime(Model):
    day: date = Field(description="The day on which it begins in the flow's timezone.")
    start: Instant = Field(description="When it begins.")
    currency: str
    revenue: Decimal


class RevenueReport(Model):
    """What contacts ordered and bought within a window from their enrolment."""

    flow: str
    run: int | None
    window: int = Field(description="Days from enrolment.")
    enrolled: int
    buyers: int = Field(description="Participants who ordered or bought anything within the window.")
    conversion: float | None = Field(description="Buyers ÷ enrolled; null while nobody was enrolled.")
    currencies: list[RevenueFigures]
    over_time: list[RevenueTime] = Field(description="Revenue by time and currency, where there was any.")


def within(counted: Sums, window: int) -> Mapping[tuple[str, Earning], Tally]:
    """By currency and kind, over all that came within the window."""
    sums: dict[tuple[str, Earning], dict[str, int | Decimal]] = {}
    for (currency, kind, days), tally in counted.items():
        if cast(int, days) <= window:
            into = sums.setdefault((str(currency), Earning(str(kind))), {})
            for counter, by in tally.items():
                into[counter] = into.get(counter, 0) + by
    return sums


def buyers_within(counted: Sums, window: int) -> int:
    return sum(count(tally, BUYERS) for tally in within(counted, window).values())


def currencies(counted: Sums, window: int, enrolled: int) -> list[RevenueFigures]:
    sums = within(counted, window)
    return [currency_figures(each, sums, enrolled) for each in sorted({currency for currency, _ in sums})]


def currency_figures(
    currency: str, sums: Mapping[tuple[str, Earning], Tally], enrolled: int
) -> RevenueFigures:
    of = {kind: sums.get((currency, kind), NOTHING) for kind in Earning}
    amounts = {kind: Decimal(tally.get(AMOUNT, 0)) for kind, tally in of.items()}
    revenue = sum((amounts[kind] for kind in EARNED), Decimal(0))
    return RevenueFigures(
        currency=currency,
        orders=count(of[Earning.ORDER], EVENTS),
        order_amount=amounts[Earning.ORDER],
        sales_created=count(of[Earning.SALE_CREATED], EVENTS),
        sales_created_amount=amounts[Earning.SALE_CREATED],
        sales_sold=count(of[Earning.SALE_SOLD], EVENTS),
        sales_sold_amount=amounts[Earning.SALE_SOLD],
        sales_lost=count(of[Earning.SALE_LOST], EVENTS),
        sales_lost_amount=amounts[Earning.SALE_LOST],
        revenue=revenue,
        revenue_per_enrolled=float(revenue) / enrolled if enrolled else None,
    )


def revenue_of(counted: Sums, window: int) -> dict[str, Decimal]:
    """By currency, what was ordered and sold within the window."""
    found: dict[str, Decimal] = {}
    for (currency, kind), tally in sorted(within(counted, window).items()):
        if kind in EARNED:
            found[currency] = found.get(currency, Decimal(0)) + Decimal(tally.get(AMOUNT, 0))
    return found


def revenue_over_time(counted: Sums, window: int, buckets: Buckets) -> list[RevenueTime]:
    """`counted`: by start and currency, what was earned within the window."""
    by_currency: dict[str, dict[tuple[object, ...], Tally]] = {}
    for (start, currency), tally in counted.items():
        by_currency.setdefault(str(currency), {})[start,] = tally
    rows = [
        RevenueTime(day=bucket.day, start=bucket.start, currency=currency, revenue=Decimal(amount))
        for currency, sums in by_currency.items()
        for bucket, tally in buckets.rows(sums)
        if (amount := tally.get(earned_within(window)))
    ]
    return sorted(rows, key=lambda row: (row.start, row.currency))
