import pytest

from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage

GOLD, SILVER = ({"name": name, "project": name} for name in ("gold", "silver"))


@pytest.mark.parametrize(
    ("inside", "contents"),
    [(["silver", "gold"], ["gold"]), (["silver"], ["silver"]), (["other"], ["rest"]), ([], ["rest"])],
)
def test_the_first_project_that_the_contact_is_in_decides(inside, contents):
    flow = a_flow().split_by("split_by_project", GOLD, SILVER).open()

    assert Passage(flow, a_contact(projects=inside)).begin().contents == contents


def test_what_was_asked_is_told():
    passage = Passage(a_flow().split_by("split_by_project", GOLD).open()).begin()

    (line,) = passage.entries[0].why["seen"]
    assert (line["field"], line["expected"], line["value"]) == ("contact.projects", ["gold"], None)


def test_what_is_incomplete_is_told():
    (step,) = a_flow().split_by("split_by_project", {"name": "a"}).build().steps

    assert [message for _, message in step.problems()] == ["choose the project of branch 'a'"]
