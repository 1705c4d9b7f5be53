import pytest

from common.domain.effect import EffectState
from common.domain.permission import Permission
from common.domain.reasons import DropOut, Status
from tests.support.flows import START, a_contact, a_flow
from tests.support.passages import Passage

REACHABLE = a_contact(mobile="+4915112345678")
WITHOUT = a_contact(mobile=None)


def test_a_text_is_planned_and_the_passage_goes_on_at_once():
    passage = Passage(a_flow().step("send_sms", text="Hi {{ contact.first_name }}").open(), REACHABLE).begin()

    (effect,) = passage.effects
    assert (effect.channel, effect.permission, effect.repeatable) == ("sms", Permission.SMS, False)
    assert (effect.state, effect.planned_at) == (EffectState.PLANNED, START)
    assert effect.settings == {"text": "Hi {{ contact.first_name }}"}
    assert passage.participant.status is Status.FINISHED
    assert passage.participant.last_message is not None
    assert passage.participant.last_message.channel == "sms"


def test_the_step_s_sender_stands_in_for_the_flow_s():
    flow = a_flow().having(sms={"sender": "Headrace"}).step("send_sms", text="a")
    passage = Passage(flow.step("send_sms", text="b", sender="12345").open(), REACHABLE).begin()

    assert [effect.settings["sender"] for effect in passage.effects] == ["Headrace", "12345"]


def test_whoever_has_no_mobile_number_skips_the_step():
    passage = Passage(a_flow().step("send_sms", text="Hi").mail("thanks").open(), WITHOUT).begin()

    assert passage.contents == ["thanks"]
    assert passage.entries[0].why == {"skipped": DropOut.NO_MOBILE}


@pytest.mark.parametrize("leaves", [False, True])
def test_whoever_has_no_mobile_number_waits_for_no_window_and_no_cap(leaves):
    closed = {"opens": "08:00", "closes": "10:00"}
    flow = a_flow().mailing(window=closed).step("send_sms", "sms", text="Hi", exit_without_mobile=leaves)
    passage = Passage(flow.open(), WITHOUT).begin()

    assert passage.participant.status is (Status.DROPPED_OUT if leaves else Status.FINISHED)
    waiting = Passage(flow.open(), REACHABLE).begin().participant
    assert (waiting.step, waiting.before) == ("sms", True)


def test_whoever_has_no_mobile_number_leaves_where_the_step_says_so():
    settings = {"suggest_for": "by-mail", "text": "unreachable"}
    flow = a_flow().step("send_sms", text="Hi", exit_without_mobile=True, exit=settings).mail("thanks").open()
    passage = Passage(flow, WITHOUT).begin()

    assert (passage.participant.status, passage.participant.reason) == (Status.DROPPED_OUT, DropOut.NO_MOBILE)
    assert passage.participant.reason_text == "unreachable"
    assert [each.flow for each in passage.suggested] == ["by-mail"]
    assert passage.effects == []


def test_consent_comes_before_the_number():
    flow = a_flow().step("send_sms", text="Hi", exit_without_mobile=True).open()

    passage = Passage(flow, a_contact(mobile=None, consents={})).begin()

    assert passage.participant.reason is DropOut.NO_CONSENT


def test_no_e_mail_address_is_asked_for():
    passage = Passage(a_flow().step("send_sms", text="Hi").open(), REACHABLE.but(email=None)).begin()

    assert len(passage.effects) == 1


def test_a_step_without_text_is_incomplete_and_exits_count_only_where_they_are_used():
    (step, other) = (
        a_flow().step("send_sms", text=" ").step("send_sms", text="a", exit_without_mobile=True).build().steps
    )

    assert [field for field, _ in step.problems()] == ["text"]
    assert (len(step.exits()), len(other.exits())) == (0, 1)
    assert list(other.texts()) == [("text", "a")]
