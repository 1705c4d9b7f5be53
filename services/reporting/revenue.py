"""Revenue after enrolment: what orders and sales within a window come to."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from pydantic import Field

from common.domain.figures import RevenueFigures, count
from common.domain.model import Model
from common.domain.rollups import AMOUNT, BUYERS, EVENTS, Tally
from common.messages.happened import EARNED, Earning
from common.ports import Sums

NOTHING: Tally = {}


class RevenueTime(Model):
    day: date
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
    over_time: list[RevenueTime] = Field(description="Revenue by day and currency, where there was any.")


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


def revenue_over_time(counted: Sums, window: int) -> list[RevenueTime]:
    by_day: dict[date, dict[tuple[object, ...], Tally]] = {}
    for (start, *key), tally in counted.items():
        by_day.setdefault(cast(datetime, start).date(), {})[tuple(key)] = tally
    return [
        RevenueTime(day=day, currency=currency, revenue=revenue)
        for day, of_day in sorted(by_day.items())
        for currency, revenue in revenue_of(of_day, window).items()
        if revenue
    ]
