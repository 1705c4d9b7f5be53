"""A message is told of in any order, and comes to the same."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from common.domain.effect import EffectState
from common.domain.reported_message import AboutMessage, ReportedMessage

NOON = datetime(1998, 6, 30, 12, tzinfo=UTC)
NEW = ReportedMessage("e", AboutMessage("winback", 1, 1, "c", "p", "mail", "email", "thanks"))


def later(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_a_doubt_is_replaced_by_what_the_message_came_to():
    doubted = NEW.settled(EffectState.IN_DOUBT, NOON, None)
    assert doubted.counted() == {"in_doubt": NOON}
    assert doubted.settled(EffectState.DONE, later(1), None).counted() == {"done": later(1)}


@pytest.mark.parametrize("state", [EffectState.IN_DOUBT, EffectState.FAILED])
def test_an_end_stands_whatever_is_told_later(state: EffectState):
    done = NEW.settled(EffectState.DONE, NOON, None)
    assert done.settled(state, later(1), None) == done


def test_a_doubt_told_again_changes_nothing():
    doubted = NEW.settled(EffectState.IN_DOUBT, NOON, None)
    assert doubted.settled(EffectState.IN_DOUBT, later(1), None) == doubted


def test_what_readers_do_counts_once_from_the_first_time_on_in_whatever_order_it_is_told():
    told = [
        lambda m: m.opened(later(3)),
        lambda m: m.clicked(later(2)),
        lambda m: m.clicked(later(5)),
        lambda m: m.settled(EffectState.DONE, NOON, None),
    ]
    found = set()
    for order in permutations(told):
        message = NEW
        for tell in order:
            message = tell(message)
        found.add(message)
    assert [message.counted() for message in found] == [
        {"done": NOON, "opened": later(2), "clicked": later(2)}
    ]


def test_a_message_that_came_back_was_handed_over_all_the_same():
    message = NEW.settled(EffectState.DONE, NOON, None).bounced(later(1)).complained(later(2))
    assert message.counted() == {"done": NOON, "bounced": later(1), "complained": later(2)}
    assert message.at == NOON
