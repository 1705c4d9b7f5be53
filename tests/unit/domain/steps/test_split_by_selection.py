import pytest

from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage

GOLD, SILVER = ({"name": name, "selection": name} for name in ("gold", "silver"))


@pytest.mark.parametrize(
    ("inside", "contents"),
    [(["silver", "gold"], ["gold"]), (["silver"], ["silver"]), (["other"], ["rest"]), ([], ["rest"])],
)
def test_the_first_selection_that_the_contact_is_in_decides(inside, contents):
    flow = a_flow().split_by("split_by_selection", GOLD, SILVER).open()

    assert Passage(flow, a_contact(selections=inside)).begin().contents == contents


def test_what_was_asked_is_told():
    passage = Passage(a_flow().split_by("split_by_selection", GOLD).open()).begin()

    (line,) = passage.entries[0].why["seen"]
    assert (line["field"], line["expected"], line["value"]) == ("contact.selections", ["gold"], None)


def test_what_is_incomplete_is_told():
    (step,) = a_flow().split_by("split_by_selection", {"name": "a"}).build().steps

    assert [message for _, message in step.problems()] == ["choose the selection of branch 'a'"]


def test_its_selections_have_to_exist():
    (step,) = a_flow().split_by("split_by_selection", GOLD, SILVER).build().steps

    assert step.selections() == ["gold", "silver"]
