from common.domain.patterns.follow_up_created import FollowUpCreated
from tests.support.flows import START


def test_a_follow_up_of_the_asked_type_matches() -> None:
    line = {"field": "event.type_name", "type": "text", "op": "is", "value": "Call"}
    pattern = FollowUpCreated(conditions=[line])
    assert pattern.event_type == "follow_up.created"
    assert pattern.match({"event.type_name": "call"}, START).holds
    assert not pattern.match({"event.type_name": "visit"}, START).holds
    assert not pattern.match({}, START).holds
