import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.list import ListLine
from tests.support.flows import START


def ask(op: str, choices: list[str] | None, value: object) -> bool:
    return ListLine(field="event.x", op=op, value=choices).holds(value, START, ANYONE)


@pytest.mark.parametrize(
    ("op", "choices", "value", "expected"),
    [
        ("one_of", ["DE", "SE"], "de", True),
        ("one_of", ["DE", "SE"], ["US", "sé"], True),
        ("one_of", ["DE", "SE"], ["US"], False),
        ("one_of", ["DE"], [3, None, "DE"], True),
        ("not_one_of", ["DE", "SE"], "US", True),
        ("not_one_of", ["DE", "SE"], "DE", False),
        ("none_of", ["wine", "beer"], ["tea", "Wine"], False),
        ("none_of", ["wine", "beer"], ["tea"], True),
        ("all_of", ["wine", "beer"], ["Beer", "wine", "tea"], True),
        ("all_of", ["wine", "beer"], ["beer"], False),
        ("all_of", ["wine", "WINE"], "wine", True),
        ("all_of", ["wine"], [], False),
        ("empty", None, [""], True),
        ("empty", None, [None, 1], True),
        ("not_empty", None, ["", "x"], True),
    ],
)
def test_lists(op: str, choices: list[str] | None, value: object, expected: bool) -> None:
    assert ask(op, choices, value) is expected


words = st.sampled_from(["a", "b", "c", "d"])


@given(st.sets(words, min_size=1), st.sets(words, min_size=1))
def test_lists_compare_as_sets_do(choices: set[str], present: set[str]) -> None:
    assert ask("one_of", sorted(choices), sorted(present)) is bool(choices & present)
    assert ask("all_of", sorted(choices), sorted(present)) is (choices <= present)
    assert ask("none_of", sorted(choices), sorted(present)) is choices.isdisjoint(present)


@pytest.mark.parametrize(
    ("op", "value", "message"),
    [
        ("one_of", None, "event.x: `one_of` needs a list of texts"),
        ("one_of", [], "at least 1 item"),
        ("one_of", "DE", "valid list"),
        ("one_of", ["DE", False], "put it in quotes"),
        ("one_of", ["x"] * 1001, "at most 1000 items"),
        ("empty", ["x"], "takes no value"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(op: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ListLine(field="event.x", op=op, value=value)
