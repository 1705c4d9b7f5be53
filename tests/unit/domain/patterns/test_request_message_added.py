from common.domain.patterns.request_message_added import RequestMessageAdded
from tests.support.flows import START


def test_a_message_to_a_request_of_the_asked_category_matches() -> None:
    line = {"field": "event.category", "type": "text", "op": "is", "value": "Support"}
    pattern = RequestMessageAdded(conditions=[line])
    assert pattern.event_type == "request.message_added"
    assert pattern.match({"event.category": "support"}, START).holds
    assert not pattern.match({"event.category": "sales"}, START).holds
    assert not pattern.match({}, START).holds
