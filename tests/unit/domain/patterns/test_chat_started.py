from common.domain.patterns.chat_started import ChatStarted
from tests.support.flows import START


def test_a_chat_in_the_asked_channel_matches() -> None:
    line = {"field": "event.channel", "type": "text", "op": "is", "value": "Support"}
    pattern = ChatStarted(conditions=[line])
    assert pattern.event_type == "chat.started"
    assert pattern.match({"event.channel": "support"}, START).holds
    assert not pattern.match({"event.channel": "sales"}, START).holds
    assert not pattern.match({}, START).holds
