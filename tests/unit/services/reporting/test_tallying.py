"""How the facts of a batch come to be counts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from common.domain.rollups import BUYERS, Moment, Row, Tally
from common.messages.happened import Earning, RevenueFollowed, to_record
from common.messages.record import Record
from common.ports import Counts, Write
from services.reporting.tallying import Tallying

EVENING = datetime(1998, 6, 30, 19, 0, tzinfo=UTC)


class Counted:
    """Keeps what is to be added."""

    def __init__(self) -> None:
        self.counts: dict[tuple[Row, Moment], Tally] = {}

    def drop(self, participants: object) -> Sequence[Write]:
        return []

    def keep(self, rows: object) -> Sequence[Write]:
        return []

    def fared(self, messages: object, partition: int) -> Sequence[Write]:
        return []

    def add(self, partition: int, counts: Counts) -> Sequence[Write]:
        self.counts.update(counts)
        return []


def order(name: str, currency: str, at: datetime) -> Record:
    fact = RevenueFollowed(
        flow="winback",
        run=1,
        version=1,
        participant="p",
        event=name,
        kind=Earning.ORDER,
        currency=currency,
        enrolled_at=EVENING - timedelta(days=1),
    )
    return to_record(fact, "ada", at, name)


def buyers(records: Sequence[Record]) -> dict[str, int]:
    """By the currency of what was bought first."""
    counted = Counted()
    zones = {("winback", 1): ZoneInfo("UTC")}
    tallying = Tallying(counted, 0, zones, {}, {})  # type: ignore[arg-type]
    for record in records:
        fact = RevenueFollowed.model_validate(record.data)
        tallying.bought(fact, record)
    tallying.writes()
    found = {row.currency: tally[BUYERS] for (row, _), tally in counted.counts.items()}  # type: ignore[union-attr]
    return {currency: int(by) for currency, by in found.items() if by}


@pytest.mark.parametrize("told", list(permutations(range(3))))
def test_of_orders_at_one_instant_the_lowest_id_makes_the_buyer_however_they_are_told(
    told: tuple[int, ...],
) -> None:
    orders = [order("a", "EUR", EVENING), order("b", "USD", EVENING), order("c", "SEK", EVENING)]
    lowest = min(orders, key=lambda record: record.id)
    assert buyers([orders[number] for number in told]) == {lowest.data["currency"]: 1}


@pytest.mark.parametrize("told", [1, -1])
def test_who_buys_is_a_buyer_by_what_was_earliest(told: int) -> None:
    orders = [order("a", "EUR", EVENING), order("b", "USD", EVENING - timedelta(hours=1))]
    assert buyers(orders[::told]) == {"USD": 1}
