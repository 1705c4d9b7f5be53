from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.caps import Cap, Then, noted, reached
from common.domain.contact import MOST_RECENT, SentMessage
from common.domain.contact_changes import changed_fields
from common.domain.facts import of_contact
from tests.support.flows import START, a_contact, a_flow
from tests.support.passages import Passage

TYPES = st.sampled_from([None, "news", "offers"])
caps = st.builds(
    Cap,
    subscription_type=TYPES,
    most=st.integers(1, 4),
    days=st.integers(1, 10),
    then=st.sampled_from(Then),
)


def sent(hours: float, subscription_type: str | None = None) -> SentMessage:
    at = START + timedelta(hours=hours)
    return SentMessage(at=at, effect=f"effect-{hours}", subscription_type=subscription_type)


@pytest.mark.parametrize(
    ("cap", "hours", "free_after"),
    [
        (Cap(most=2, days=1), [0], None),
        (Cap(most=2, days=1), [0, 5], 24),
        (Cap(most=2, days=1), [0, 5, 6], 29),
        (Cap(most=1, days=7), [-168], None),
        (Cap(most=1, days=7), [-167], 1),
    ],
)
def test_there_is_room_again_when_the_oldest_in_the_way_is_a_period_ago(cap, hours, free_after):
    found = reached(
        [cap], [sent(each) for each in hours], None, START + timedelta(hours=7 if hours[0] == 0 else 0)
    )

    assert (found and found.until) == (free_after and START + timedelta(hours=free_after))


def test_a_cap_on_one_type_neither_counts_nor_binds_others():
    cap = Cap(subscription_type="news", most=1, days=1)

    assert reached([cap], [sent(0, "news")], "news", START)
    assert not reached([cap], [sent(0, "news")], "offers", START)
    assert not reached([cap], [sent(0, "offers"), sent(0)], "news", START)


def test_of_several_the_longest_binds_and_one_that_skips_goes_before():
    short, long = Cap(most=1, days=1), Cap(most=1, days=9)
    skips = Cap(most=1, days=1, then="skip")
    recent = [sent(0)]

    assert reached([short, long], recent, None, START).cap == long
    assert reached([short, long, skips], recent, None, START).cap == skips


@given(st.lists(caps, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 400), TYPES), max_size=40))
def test_no_cap_is_ever_broken_and_whoever_waits_gets_through(rules, wishes):
    """Messages as they are wished for, each sent at the first moment at which there is room, or left out."""
    recent: list[SentMessage] = []
    every: list[SentMessage] = []
    now = START
    for number, (hours, kind) in enumerate(wishes):
        now = max(now, START + timedelta(hours=hours))
        found = reached(rules, recent, kind, now)
        while found and found.cap.then is Then.WAIT:
            assert found.until > now
            now = found.until
            found = reached(rules, recent, kind, now)
        if not found:
            every.append(SentMessage(at=now, effect=str(number), subscription_type=kind))
            recent = noted(rules, recent, every[-1], now)
    for cap in rules:
        mine = [each.at for each in every if cap.counts(each.subscription_type)]
        for start in mine:
            assert sum(start <= at < start + cap.period for at in mine) <= cap.most


def test_what_is_kept_is_bounded():
    recent: list[SentMessage] = []
    for number in range(300):
        kind = "news" if number % 3 else None
        recent = noted([Cap(most=5, days=1)], recent, sent(number / 1000, kind), START)

    assert len(recent) == 2 * MOST_RECENT
    assert noted([Cap(most=5, days=1)], recent, sent(40), START + timedelta(hours=40)) == [sent(40)]


def test_conditions_and_changes_do_not_see_it():
    contact = a_contact()
    after = contact.but(recent=[sent(0)])

    assert not changed_fields(contact, after)
    assert dict(of_contact(contact)) == dict(of_contact(after))


ONE_A_DAY = Cap(most=1, days=1)


def two_mails(**email):
    return a_flow().mailing(**email).mail("one").mail("two").wait("rest", days=9).open()


class TestOnTheWay:
    def test_a_message_beyond_the_cap_waits_before_its_step(self):
        passage = Passage(two_mails()).capped(ONE_A_DAY).begin()

        participant = passage.participant
        assert passage.contents == ["one"]
        assert (participant.step, participant.before) == ("two", True)
        assert participant.due == START + timedelta(days=1)
        assert passage.entries[-1].why["for"] == "cap"
        assert passage.entries[-1].why["sent"] == 1
        assert passage.fire().contents == ["one", "two"]

    def test_or_is_left_out(self):
        passage = Passage(two_mails()).capped(ONE_A_DAY.but(then=Then.SKIP)).begin()

        assert (passage.contents, passage.participant.step) == (["one"], "rest")
        assert "skipped" in passage.did

    def test_flows_that_override_consent_are_not_bound_and_not_counted(self):
        passage = Passage(two_mails(override_consent=True)).capped(ONE_A_DAY).begin()

        assert passage.contents == ["one", "two"]
        assert not passage.contact.recent

    def test_without_caps_nothing_is_kept(self):
        contact = a_contact()

        assert Passage(two_mails(), contact).begin().contact is contact

    def test_the_type_is_that_of_the_flow(self):
        contact = a_contact(subscriptions=["news"])
        flow = two_mails(subscription_type="news")
        other = Cap(subscription_type="offers", most=1, days=1)

        assert Passage(flow, contact).capped(other).begin().contents == ["one", "two"]
        assert Passage(flow, contact).capped(other.but(subscription_type="news")).begin().contents == ["one"]
