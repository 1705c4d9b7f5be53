from common.domain.effect import EffectState
from common.domain.ids import effect_id
from common.domain.reasons import Status
from tests.support.flows import CONTENT_VERSION, START, a_flow, a_path
from tests.support.passages import Passage


def test_a_mail_is_planned_in_the_frozen_version_and_the_passage_goes_on_at_once():
    passage = Passage(a_flow().mail("thanks").open()).begin()

    (effect,) = passage.effects
    assert (effect.channel, effect.content, effect.content_version) == ("email", "thanks", CONTENT_VERSION)
    assert (effect.state, effect.planned_at, effect.step) == (EffectState.PLANNED, START, "thanks")
    assert effect.id == effect_id("p1", "thanks", 1)
    assert passage.participant.status is Status.FINISHED


def test_the_participant_shows_the_last_message():
    passage = Passage(a_flow().mail("thanks").mail("more").wait(days=1).open()).begin()

    last = passage.participant.last_message
    assert last is not None
    assert (last.content, last.effect, last.status) == ("more", passage.effects[1].id, "planned")


def test_a_subject_of_its_own_travels_with_the_effect():
    passage = Passage(a_flow().mail("thanks", subject="Hello again").mail("more").open()).begin()

    assert [effect.settings for effect in passage.effects] == [{"subject": "Hello again"}, {}]


def test_a_mail_without_content_is_incomplete():
    (step,) = a_flow().step("send_email", content="").build().steps

    assert [field for field, _ in step.problems()] == ["content"]


def test_it_names_the_content_it_uses():
    (step,) = a_flow().mail("thanks").build().steps

    assert list(step.contents()) == ["thanks"]


def test_mail_inside_a_branch_is_mail_of_the_flow():
    flow = a_flow().split({}, otherwise=a_path().mail("hello")).open()

    assert Passage(flow).begin().contents == ["hello"]
