"""What must become of the CDNOW orders, counted from the file alone: no line of the product is used here."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from tests.support.cdnow import COUNTRIES, END, Order

THANKS, MISS_YOU, FINISH = timedelta(days=30), timedelta(days=90), timedelta(days=120)
AMOUNT = 20


def count(placed: list[Order], end: datetime = END) -> Counter[str]:
    """Figures by name, as of `end`. A timer that is due at the instant of an order goes first."""
    found: Counter[str] = Counter()
    lapsed: set[int] = set()
    by_customer: dict[int, list[Order]] = defaultdict(list)
    for order in placed:
        by_customer[order.customer].append(order)
    for customer, bought in by_customer.items():
        entered: datetime | None = None
        for order in bought:
            if entered and entered + MISS_YOU <= order.at:
                lapsed.add(customer)
            suggested = order.amount >= AMOUNT
            found["suggested"] += suggested
            if entered and entered + FINISH <= order.at:
                found += passage(entered, order.at, "finished")
                entered = None
            if entered:
                found += passage(entered, order.at, "finished_with_success")
                found["already_in_flow"] += suggested
                entered = None
            elif suggested and COUNTRIES[customer % 3] == "US":
                found["filter"] += 1
            elif suggested and customer % 50 == 0:
                found["exclusion_list"] += 1
            elif suggested:
                entered = order.at
        if entered:
            found += passage(entered, end, "finished" if entered + FINISH <= end else "active")
            lapsed |= {customer} if entered + MISS_YOU <= end else set()
    found["lapsed"] = len(lapsed)
    return found


def passage(entered: datetime, until: datetime, status: str) -> Counter[str]:
    """One passage and its mails, up to and with the instant at which it was over."""
    return Counter(
        {
            "enrolled": 1,
            status: 1,
            "thanks": int(entered + THANKS <= until),
            "miss-you": int(entered + MISS_YOU <= until),
        }
    )
