"""Create a task about the contact in the CRM."""

from pydantic import TypeAdapter

from common.domain.content_action import Want
from common.domain.content_actions.create_follow_up import AskForFollowUp
from common.domain.crm_act import AnyAct, NewFollowUp
from common.domain.errand import errand
from tests.support.flows import START


def test_it_wants_a_task_that_is_due_in_some_days():
    (want,) = AskForFollowUp(subject="Call", days=3, user="7").does()

    assert want == Want({"kind": "create_follow_up", "title": "Call", "owner": "7"}, in_days=3)
    effect = errand("r1", "c1", 0, 0, want.data(), START)
    act = TypeAdapter(AnyAct).validate_python(effect.settings)
    assert isinstance(act, NewFollowUp)
    assert (act.begins - START).days == 3


def test_it_needs_words():
    assert [field for field, _ in AskForFollowUp(subject=" ").problems()] == ["subject"]
