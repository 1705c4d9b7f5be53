"""Before the first step until the flow starts, and before messages until the sending window opens."""

from datetime import timedelta

import pytest

from common.domain.reasons import DropOut, Status
from tests.support.flows import CLICK_SLOT, IS_CUSTOMER, START, a_contact, a_flow
from tests.support.passages import Passage

MORNINGS = {"opens": "08:00", "closes": "10:00"}
"""Closed at the noon at which tests begin."""
OPENS = START + timedelta(hours=20)


def mailing(window=MORNINGS):
    return a_flow().mailing(window=window)


def starting(**later):
    return a_flow().having(starts_at=START + timedelta(**later))


class TestTheSendingWindow:
    def test_whoever_comes_to_a_message_outside_it_waits_before_the_step(self):
        passage = Passage(mailing().mail("hello").wait("rest", days=1).open()).begin()

        participant = passage.participant
        assert (participant.step, participant.due, participant.before) == ("hello", OPENS, True)
        assert not passage.effects
        assert passage.entries[-1].why == {"until": OPENS, "for": "window"}

        passage.fire()
        assert (passage.contents, passage.participant.step) == (["hello"], "rest")
        assert not passage.participant.before

    def test_it_is_that_of_the_flow_s_timezone(self):
        flow = mailing({"opens": "13:00", "closes": "14:00"}).having(timezone="Europe/Berlin")

        assert Passage(flow.mail("hello").open()).begin().contents == ["hello"]

    def test_when_it_opens_everything_is_asked_again(self):
        passage = Passage(mailing().mail("hello").open()).begin().changed(consents={}).fire()

        assert passage.participant.reason is DropOut.NO_CONSENT
        assert not passage.effects

    def test_other_steps_do_not_wait_for_it(self):
        assert Passage(mailing().add_to("a").wait("w", days=1).open()).begin().participant.step == "w"

    def test_who_may_not_be_mailed_does_not_wait_either(self):
        passage = Passage(mailing().mail("hello").open(), a_contact(email=None)).begin()

        assert passage.participant.reason is DropOut.NO_EMAIL

    def test_one_that_is_over_by_the_time_of_the_timer_is_waited_for_anew(self):
        passage = Passage(mailing().mail("hello").open()).begin().after(hours=23).fire()

        assert passage.participant.due == OPENS + timedelta(days=1)

    def test_an_action_does_not_open_it(self):
        passage = Passage(mailing().mail("hello").wait_for({"kind": "link_clicked", "link": "offer"}).open())
        passage.begin().after(hours=1).hear(CLICK_SLOT)

        assert (passage.participant.step, passage.effects) == ("hello", [])

    def test_what_falls_due_in_a_pause_goes_on_at_the_resume(self):
        passage = Passage(mailing().mail("hello").open()).begin().pause().fire()
        assert passage.participant.held

        passage.after(hours=1).resume()
        assert passage.contents == ["hello"]


class TestTheStartOfAFlow:
    def test_newcomers_wait_for_it_in_the_queue(self):
        passage = Passage(starting(days=3).mail("hello").open()).begin()

        participant = passage.participant
        assert (participant.step, participant.due) == ("start", START + timedelta(days=3))
        assert passage.entries[-1].why["for"] == "start"
        assert passage.fire().contents == ["hello"]

    def test_behind_it_they_go_in_at_once(self):
        assert Passage(starting(days=0).mail("hello").open()).begin().contents == ["hello"]

    def test_success_at_enrolment_counts_before_it(self):
        flow = starting(days=3).succeeding_by(IS_CUSTOMER).mail("never").open()

        assert (
            Passage(flow, a_contact(category="Customer")).begin().participant.status
            is Status.FINISHED_WITH_SUCCESS
        )

    def test_enrolled_in_a_pause_they_wait_for_it_from_the_resume(self):
        passage = Passage(starting(days=3).mail("hello").open()).pause().begin().after(days=1).resume()

        assert (passage.participant.held, passage.participant.due) == (False, START + timedelta(days=3))
        assert passage.fire().contents == ["hello"]

    @pytest.mark.parametrize("paused_until", [4, 2])
    def test_a_pause_over_it_ends_in_the_first_step(self, paused_until):
        passage = Passage(starting(days=3).mail("hello").open()).begin().pause()
        passage.after(days=2).fire().after(days=paused_until).resume()

        assert passage.contents == ["hello"]
