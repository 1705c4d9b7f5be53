import pytest

from common.domain.patterns.link_clicked import LinkClicked
from tests.support.flows import CLICK_SLOT, a_flow
from tests.support.passages import Passage

ANY = {"name": "offer", "link": "offer"}
IN_ONE = {"name": "spring", "link": "offer", "content": "spring-news"}
IN_ONE_SLOT = LinkClicked(link="offer", content="spring-news").slot


def passage(*branches):
    return Passage(a_flow().wait(days=1).split_by("split_by_link", *branches).open()).begin()


def test_who_clicked_since_enrolment_takes_the_branch():
    assert passage(ANY).after(hours=1).hear(CLICK_SLOT).fire().contents == ["offer"]


def test_who_did_not_is_everyone_else():
    asked = passage(ANY).fire()

    assert asked.contents == ["rest"]
    (line,) = asked.entries[2].why["seen"]
    assert (line["field"], line["expected"], line["holds"]) == ("link.clicked", "offer", False)


@pytest.mark.parametrize(("slot", "contents"), [(CLICK_SLOT, ["rest"]), (IN_ONE_SLOT, ["spring"])])
def test_it_may_have_to_be_in_a_given_mail(slot, contents):
    assert passage(IN_ONE).hear(slot).fire().contents == contents


def test_it_has_its_actions_kept_from_enrolment_on():
    flow = a_flow().split_by("split_by_link", ANY, IN_ONE).open()

    assert {listener.pattern.slot for listener in flow.actions} == {CLICK_SLOT, IN_ONE_SLOT}


def test_what_is_incomplete_is_told():
    (step,) = a_flow().split_by("split_by_link", {"name": "a"}).build().steps

    assert [message for _, message in step.problems()] == ["choose the link of branch 'a'"]
    assert not step.listens_for()
