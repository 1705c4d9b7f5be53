from common.domain.patterns.sale_sold import SaleSold
from tests.support.flows import START


def test_a_sold_sale_of_the_asked_amount_matches() -> None:
    line = {"field": "event.amount", "type": "number", "op": "gt", "value": 1000}
    pattern = SaleSold(conditions=[line])
    assert pattern.event_type == "sale.sold"
    assert pattern.match({"event.amount": 1000.5}, START).holds
    assert not pattern.match({"event.amount": 1000}, START).holds
    assert not pattern.match({}, START).holds
