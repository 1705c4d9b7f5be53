from common.domain.conditions import Seen
from common.domain.patterns.link_clicked import LinkClicked
from tests.support.flows import START


def test_without_a_content_a_link_of_that_name_in_any_mail_matches() -> None:
    pattern = LinkClicked(link="offer")
    assert pattern.event_type == "link.clicked"
    assert pattern.match({"event.link": "offer", "event.content": "miss-you"}, START).holds
    assert not pattern.match({"event.link": "imprint", "event.content": "miss-you"}, START).holds


def test_a_content_narrows_it_to_that_mail() -> None:
    pattern = LinkClicked(link="offer", content="thanks")
    assert set(pattern.fields()) == {"event.link", "event.content"}
    assert not pattern.match({"event.link": "offer", "event.content": "miss-you"}, START).holds
    verdict = pattern.match({"event.link": "offer", "event.content": "thanks"}, START)
    assert verdict.seen == (
        Seen(field="event.content", op="is_exactly", expected="thanks", value="thanks", holds=True),
    )


def test_the_same_link_in_different_mails_has_different_slots() -> None:
    slots = {LinkClicked(link="offer", content=content).slot for content in (None, "thanks", "miss-you")}
    assert len(slots) == 3
