from datetime import timedelta

import pytest

from common.domain import advance
from common.domain.conditions import Verdict
from common.domain.decision import Verdict as Decided
from common.domain.participant import FINISH
from common.domain.reasons import DropOut, Status
from tests.support.flows import (
    CLICK,
    IS_CUSTOMER,
    START,
    a_contact,
    a_flow,
    a_participant,
)
from tests.support.passages import Passage

WIN_BACK = (
    a_flow("Win back")
    .excluding("staff")
    .succeeding_by({"kind": "order_placed"})
    .wait("w1", days=30)
    .mail("thanks")
    .wait("w2", days=60)
    .mail("miss-you")
    .add_to("lapsed")
    .wait("w3", days=30)
)


def test_a_passage_without_success_runs_to_the_end():
    passage = Passage(WIN_BACK.open()).begin().fire().fire().fire()

    assert passage.contents == ["thanks", "miss-you"]
    assert passage.contact.selections == ["lapsed"]
    participant = passage.participant
    assert (participant.status, participant.step) == (Status.FINISHED, FINISH)
    assert participant.left_at == START + timedelta(days=120)
    assert passage.last.verdict is Decided.FINISHED


def test_success_ends_the_passage_at_once():
    passage = Passage(WIN_BACK.open()).begin().fire().after(days=2).succeed()

    participant = passage.participant
    assert participant.status is Status.FINISHED_WITH_SUCCESS
    assert participant.succeeded_at == participant.left_at == START + timedelta(days=32)
    assert (participant.step, participant.until, participant.due) == (FINISH, None, None)


def test_success_that_only_counts_shows_at_the_end():
    flow = (
        a_flow()
        .succeeding_by({"kind": "order_placed"}, move_to_finish=False)
        .wait("w", days=1)
        .mail("thanks")
    )
    passage = Passage(flow.open()).begin().after(hours=1).succeed()

    assert passage.participant.active
    assert passage.last.verdict is Decided.WAITING
    passage.after(hours=1).succeed().fire()
    assert passage.contents == ["thanks"]
    assert passage.participant.status is Status.FINISHED_WITH_SUCCESS
    assert passage.participant.succeeded_at == START + timedelta(hours=1)


def test_a_flow_without_steps_is_finished_at_once():
    assert Passage(a_flow().open()).begin().participant.status is Status.FINISHED


def test_a_moved_participant_carries_the_version_by_which_it_moved():
    passage = Passage(a_flow().wait(days=1).wait(days=1).open()).begin().pause().resume()

    assert passage.participant.version == 1
    assert passage.fire().participant.version == 2


class TestSuccessByState:
    def test_met_at_enrolment_it_finishes_before_the_first_step(self):
        flow = a_flow().succeeding_by(IS_CUSTOMER).mail("never").open()
        passage = Passage(flow, a_contact(category="Customer")).begin()

        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS
        assert not passage.effects

    @pytest.mark.parametrize(
        ("criterion", "contact"),
        [
            ({"kind": "added_to_selection", "selection": "vip"}, {"selections": ["vip"]}),
            ({"kind": "added_to_project", "project": "talks"}, {"projects": ["talks"]}),
        ],
    )
    def test_membership_counts_at_enrolment_and_before_any_step(self, criterion, contact):
        flow = a_flow().succeeding_by(criterion).wait("w", days=1).mail("never").open()

        member = Passage(flow, a_contact(**contact)).begin()
        assert member.participant.status is Status.FINISHED_WITH_SUCCESS

        later = Passage(flow).begin()
        assert later.participant.active
        later.changed(**contact).after(days=1).fire()
        assert later.participant.status is Status.FINISHED_WITH_SUCCESS
        assert not later.effects

    def test_found_met_on_the_road_it_counts_though_the_contact_has_changed_since(self):
        flow = a_flow().succeeding_by(IS_CUSTOMER).mail("never").open()

        assert Passage(flow).begin(met=Verdict(holds=True)).participant.status is Status.FINISHED_WITH_SUCCESS

    def test_met_by_the_flow_itself_it_counts_at_the_next_step(self):
        flow = a_flow().succeeding_by(IS_CUSTOMER).update(category="Customer").mail("never").open()
        passage = Passage(flow).begin()

        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS
        assert not passage.effects

    def test_met_by_the_last_step_it_counts_before_finish(self):
        flow = a_flow().succeeding_by(IS_CUSTOMER, move_to_finish=False).update(category="Customer").open()

        assert Passage(flow).begin().participant.status is Status.FINISHED_WITH_SUCCESS

    def test_met_while_waiting_it_comes_before_the_end_of_the_wait(self):
        flow = a_flow().succeeding_by(IS_CUSTOMER).wait_for(CLICK, on_timeout="exit").open()
        passage = Passage(flow).begin().changed(category="Customer").fire()

        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS

    def test_met_in_the_queue_of_a_paused_flow_it_counts_though_lost_again(self):
        flow = a_flow().succeeding_by(IS_CUSTOMER).mail("never").open()
        passage = Passage(flow, a_contact(category="Customer")).pause().begin()
        assert passage.participant.active

        passage.changed(category="Lead").after(days=1).resume()
        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS
        assert passage.participant.succeeded_at == START


class TestDroppingOut:
    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"retired": True}, DropOut.FORMER_EMPLOYEE),
            ({"selections": ["staff"]}, DropOut.EXCLUDED),
            ({"consents": {}}, DropOut.NO_CONSENT),
            ({"email": None}, DropOut.NO_EMAIL),
            ({"no_mailing": True}, DropOut.EMAIL_BLOCKED),
        ],
    )
    def test_who_may_not_be_mailed_any_more_drops_out_before_the_mail(self, fields, reason):
        passage = Passage(WIN_BACK.open()).begin().changed(**fields).fire()

        participant = passage.participant
        assert (participant.status, participant.reason) == (Status.DROPPED_OUT, reason)
        assert (participant.step, participant.left_at) == ("thanks", START + timedelta(days=30))
        assert (participant.until, participant.due) == (None, None)
        assert not passage.effects
        assert passage.last.verdict is Decided.DROPPED_OUT

    def test_a_missing_subscription_drops_out(self):
        passage = Passage(a_flow().mailing(subscription_type="news").mail("x").open()).begin()

        assert passage.participant.reason is DropOut.NO_SUBSCRIPTION

    def test_an_address_that_was_blocked_drops_out(self):
        passage = Passage(WIN_BACK.open(), blocked={"contact-1@example.org"}).begin().fire()

        assert passage.participant.reason is DropOut.EMAIL_BLOCKED

    def test_waits_ask_nothing_about_mail(self):
        flow = a_flow().wait("one", days=1).wait("two", days=1).open()

        assert Passage(flow, a_contact(consents={})).begin().fire().participant.step == "two"

    def test_the_checks_are_asked_before_finish_too(self):
        passage = Passage(a_flow().excluding("staff").wait(days=1).open()).begin()

        assert passage.changed(selections=["staff"]).fire().participant.reason is DropOut.EXCLUDED

    def test_who_drops_out_by_a_check_is_not_suggested_anywhere(self):
        flow = a_flow().excluding("staff").going_on_to(on_success="a", otherwise="b").wait(days=1).open()
        passage = Passage(flow).begin().changed(selections=["staff"]).fire()

        assert not passage.suggested

    def test_a_reason_from_elsewhere_is_kept_with_its_words(self):
        participant = Passage(WIN_BACK.open()).begin().participant
        told = advance.drop(participant, DropOut.NO_CONSENT, START, "withdrawn before it was sent")

        assert told.verdict is Decided.DROPPED_OUT
        assert told.participant.reason is DropOut.NO_CONSENT
        assert told.participant.reason_text == "withdrawn before it was sent"
        assert told.participant.due is None

    def test_ending_the_flow_cancels(self):
        told = advance.cancel(Passage(WIN_BACK.open()).begin().participant, START)

        assert (told.participant.status, told.verdict) == (Status.CANCELLED, Decided.CANCELLED)
        assert (told.participant.left_at, told.participant.due) == (START, None)

    def test_who_has_left_stays_as_they_left(self):
        gone = Passage(a_flow().open()).begin().participant

        assert advance.cancel(gone, START).participant is gone
        assert advance.drop(gone, DropOut.NO_CONSENT, START).participant is gone


class TestPause:
    def test_newcomers_queue_and_enter_at_resume(self):
        passage = Passage(a_flow().mail("thanks").open()).pause().begin()
        assert passage.participant.held
        assert (passage.participant.step, passage.effects) == ("start", [])

        passage.after(days=3).resume()
        assert passage.contents == ["thanks"]
        assert passage.participant.left_at == START + timedelta(days=3)

    def test_a_timer_that_falls_is_kept_for_the_resume(self):
        passage = Passage(WIN_BACK.open()).begin().pause().fire()

        participant = passage.participant
        assert (participant.step, participant.held, participant.due) == ("w1", True, None)
        assert participant.until == START + timedelta(days=30)
        assert passage.after(days=10).resume().contents == ["thanks"]
        assert passage.participant.until == START + timedelta(days=100)

    def test_a_wait_that_is_not_over_is_left_alone(self):
        passage = Passage(WIN_BACK.open()).begin()
        before = passage.participant
        passage.pause().after(days=5).resume()

        assert passage.participant == before

    def test_success_is_recorded_at_its_time_and_applied_at_resume(self):
        passage = Passage(WIN_BACK.open()).begin().pause().after(days=2).succeed()
        assert passage.participant.active

        passage.after(days=2).resume()
        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS
        assert passage.participant.succeeded_at == START + timedelta(days=2)
        assert passage.participant.left_at == START + timedelta(days=4)

    def test_success_goes_before_a_timer_that_fell_earlier(self):
        passage = Passage(WIN_BACK.open()).begin().pause().fire().after(days=1).succeed().resume()

        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS
        assert not passage.effects

    def test_an_action_in_time_moves_on_at_resume(self):
        flow = a_flow().wait_for(CLICK, on_timeout="exit").mail("thanks").open()
        passage = Passage(flow).begin().pause().after(days=6).hear("link_clicked:offer")
        assert passage.participant.active
        assert not passage.effects

        assert passage.after(days=9).resume().contents == ["thanks"]

    def test_an_action_too_late_does_not(self):
        flow = a_flow().wait_for(CLICK, on_timeout="exit").mail("thanks").open()
        passage = Passage(flow).begin().pause().fire().hear("link_clicked:offer").resume()

        assert passage.participant.reason is DropOut.WAIT_TIMEOUT

    def test_a_repeated_action_does_not_undo_the_one_in_time(self):
        flow = a_flow().wait_for(CLICK, on_timeout="exit").mail("thanks").open()
        passage = Passage(flow).begin().pause().after(days=6).hear("link_clicked:offer", "in-time")
        passage.after(days=2).hear("link_clicked:offer", "too-late").resume()

        assert passage.contents == ["thanks"]
        assert passage.participant.slots["link_clicked:offer"].record == "in-time"

    def test_the_checks_are_asked_at_resume(self):
        passage = Passage(WIN_BACK.open()).begin().pause().fire().changed(retired=True).resume()

        assert passage.participant.reason is DropOut.FORMER_EMPLOYEE

    def test_news_before_the_resume_is_told_finds_the_participant_caught_up(self):
        passage = Passage(WIN_BACK.open()).begin().pause().fire().reopen().after(days=1).succeed()

        assert passage.contents == ["thanks"]
        assert passage.participant.status is Status.FINISHED_WITH_SUCCESS

    def test_resuming_twice_does_nothing_more(self):
        passage = Passage(WIN_BACK.open()).begin().pause().fire().resume()
        before = passage.participant
        passage.caught_up()

        assert passage.participant == before
        assert passage.contents == ["thanks"]

    def test_nothing_moves_while_paused(self):
        passage = Passage(a_flow().wait_for(CLICK).mail("thanks").open()).begin().pause()
        passage.hear("link_clicked:offer").fire().caught_up()

        assert not passage.effects
        assert passage.participant.step == "wait_for_action-1"


class TestWhatIsRaised:
    def test_follow_on_flows_depend_on_success(self):
        flow = (
            a_flow()
            .going_on_to(on_success="customers", otherwise="others")
            .succeeding_by({"kind": "order_placed"})
            .wait(days=1)
        ).open()

        assert [s.flow for s in Passage(flow).begin().fire().suggested] == ["others"]
        assert [s.flow for s in Passage(flow).begin().succeed().suggested] == ["customers"]

    def test_each_thing_raised_has_a_key_of_its_own_that_is_the_same_when_repeated(self):
        flow = a_flow().add_to("a").add_to("b").wait(days=1).add_to("c").going_on_to(otherwise="on").open()

        first, second = (
            [thing.key for thing in (*passage.raised, *passage.suggested)]
            for passage in (Passage(flow).begin().fire(), Passage(flow).begin().fire())
        )
        assert first == second
        assert len(set(first)) == len(first) == 4

    def test_depth_grows_by_one_and_falls_with_a_wait(self):
        flow = a_flow().add_to("a").wait(days=1).add_to("b").open()
        passage = Passage(flow)
        passage.participant = a_participant(flow, depth=4)
        passage.begin().fire()

        assert [raised.depth for raised in passage.raised] == [5, 1]

    def test_a_wait_that_is_over_at_once_is_none(self):
        flow = a_flow().wait(until=START).add_to("a").open()
        passage = Passage(flow)
        passage.participant = a_participant(flow, depth=4)

        assert passage.begin().raised[0].depth == 5


def test_a_timer_that_is_not_due_does_nothing():
    passage = Passage(WIN_BACK.open()).begin()
    participant = passage.participant

    progress = advance.fire(participant, passage.contact, passage.flow, START + timedelta(days=29))
    assert progress.participant is participant
    assert not progress.entries


def test_the_contact_is_the_same_value_where_no_step_changed_it():
    contact = a_contact()
    progress = advance.begin(a_participant(WIN_BACK.open()), contact, WIN_BACK.open(), START)

    assert progress.contact is contact
