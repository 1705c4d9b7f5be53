from common.domain.patterns.order_placed import OrderPlaced
from tests.support.flows import START


def test_an_order_of_the_asked_amount_matches() -> None:
    line = {"field": "event.amount", "type": "number", "op": "ge", "value": 20}
    pattern = OrderPlaced(conditions=[line])
    assert pattern.event_type == "order.placed"
    assert pattern.match({"event.amount": 20.0}, START).holds
    assert not pattern.match({"event.amount": 19.99}, START).holds
    assert not pattern.match({"event.amount": "20"}, START).holds
