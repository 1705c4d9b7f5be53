from common.domain.patterns.request_created import RequestCreated
from tests.support.flows import START


def test_a_request_of_the_asked_category_matches() -> None:
    line = {"field": "event.category", "type": "text", "op": "is", "value": "Support"}
    pattern = RequestCreated(conditions=[line])
    assert pattern.event_type == "request.created"
    assert pattern.match({"event.category": "support"}, START).holds
    assert not pattern.match({"event.category": "sales"}, START).holds
    assert not pattern.match({}, START).holds
