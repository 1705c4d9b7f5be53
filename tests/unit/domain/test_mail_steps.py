import pytest

from common.domain.mail_steps import Mailed, NotMailed, mailed
from tests.support.flows import FlowBuilder, a_flow


def flow_of(*subjects: str | None) -> FlowBuilder:
    flow = a_flow()
    for number, subject in enumerate(subjects, start=1):
        flow.step("send_email", f"mail-{number}", content="thanks", subject=subject)
    return flow


def test_the_only_step_that_mails_it_gives_its_subject() -> None:
    flow = flow_of("Dear all").step("send_email", "other", content="again", subject="Again")
    assert mailed(flow.build(), "thanks") == Mailed("mail-1", "Dear all")


def test_without_a_subject_of_its_own_the_content_s_stands() -> None:
    assert mailed(flow_of(None).build(), "thanks") == Mailed("mail-1")
    assert mailed(flow_of("").build(), "thanks") == Mailed("mail-1")


def test_steps_that_agree_need_not_be_named() -> None:
    assert mailed(flow_of("Hi", "Hi").build(), "thanks") == Mailed(None, "Hi")


def test_of_steps_that_differ_one_has_to_be_named() -> None:
    flow = flow_of("Hi", None).build()
    assert mailed(flow, "thanks") == Mailed(among=("mail-1", "mail-2"))
    assert mailed(flow, "thanks", "mail-1") == Mailed("mail-1", "Hi")
    assert mailed(flow, "thanks", "mail-2") == Mailed("mail-2")


def test_steps_in_branches_are_found() -> None:
    inside = [{"kind": "send_email", "id": "deep", "content": "thanks", "subject": "Down here"}]
    split = {"branches": [{"name": "a", "percent": 50, "steps": inside}, {"name": "b", "percent": 50}]}
    assert mailed(a_flow().step("split_at_random", "ab", **split).build(), "thanks") == Mailed(
        "deep", "Down here"
    )


def test_a_step_that_mails_something_else_is_told_with_those_that_mail_it() -> None:
    flow = flow_of("Hi").step("send_email", "other", content="again").build()
    with pytest.raises(NotMailed, match="'other' does not mail 'thanks'; these do: mail-1"):
        mailed(flow, "thanks", "other")
    with pytest.raises(NotMailed, match="none does"):
        mailed(flow, "welcome", "other")


def test_a_flow_that_does_not_mail_it_changes_nothing() -> None:
    assert mailed(flow_of("Hi").build(), "welcome") == Mailed()
