"""The CDNOW sample as contacts and events (tests/data/README.md tells where it comes from)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parent.parent / "data" / "cdnow-orders-sample.txt"
START = datetime(1997, 1, 1, tzinfo=UTC)
END = datetime(1998, 6, 30, 23, 59, 59, tzinfo=UTC)
COUNTRIES = ("DE", "SE", "US")


@dataclass(frozen=True, slots=True)
class Order:
    """The `line`-th order of the file, by the `customer`-th contact."""

    line: int
    customer: int
    at: datetime
    amount: float

    @property
    def event(self) -> dict[str, Any]:
        return {
            "id": f"order-{self.line}",
            "type": "order.placed",
            "source": "cdnow",
            "contact": str(self.customer),
            "time": self.at.isoformat(),
            "data": {"amount": self.amount},
        }


def orders(path: Path = SAMPLE) -> list[Order]:
    """All orders by time; the k-th of a customer on a day is k - 1 seconds after noon."""
    found: list[Order] = []
    earlier: dict[tuple[int, str], int] = {}
    for line, text in enumerate(path.read_text().splitlines(), 1):
        _, customer, day, _, amount = text.split()
        seconds = earlier.get((int(customer), day), 0)
        earlier[int(customer), day] = seconds + 1
        noon = datetime.strptime(day, "%Y%m%d").replace(hour=12, tzinfo=UTC)
        found.append(Order(line, int(customer), noon + timedelta(seconds=seconds), float(amount)))
    return sorted(found, key=lambda order: order.at)


def instants(placed: Sequence[Order]) -> Iterator[tuple[datetime, list[Order]]]:
    """The orders of each instant together."""
    for at, together in groupby(placed, key=lambda order: order.at):
        yield at, list(together)


def contacts(placed: Sequence[Order]) -> list[dict[str, Any]]:
    """Contact n: consent and subscription valid, a country by n mod 3, every fiftieth on the staff list."""
    return [
        {
            "id": str(n),
            "email": f"customer-{n}@example.org",
            "country": COUNTRIES[n % 3],
            "consents": {"e_marketing": {"basis": "consent", "source": "cdnow"}},
            "subscriptions": ["offers"],
            "selections": ["staff"] if n % 50 == 0 else [],
        }
        for n in sorted({order.customer for order in placed})
    ]
