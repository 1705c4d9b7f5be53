import pytest
from pydantic import TypeAdapter, ValidationError

from common.domain.field_actions import LONGEST_TEXT, AnyFieldAction, FieldAction

ACTION: TypeAdapter[FieldAction] = TypeAdapter(AnyFieldAction)


def new(value, action, **settings):
    return ACTION.validate_python({"field": "custom.x", "action": action, **settings}).new(value)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("check", False, True),
        ("uncheck", True, False),
        ("toggle", True, False),
        ("toggle", False, True),
        ("toggle", None, True),
        ("toggle", "yes", True),
    ],
)
def test_checkboxes(action, before, after):
    assert new(before, action) is after


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        ({"find": "gmbh", "by": "Ltd"}, "Mill GmbH", "Mill Ltd"),
        ({"find": "gmbh", "by": "Ltd", "case": True}, "Mill GmbH", "Mill GmbH"),
        ({"find": "cat", "by": "dog"}, "concat cat", "condog dog"),
        ({"find": "cat", "by": "dog", "whole_word": True}, "concat cat", "concat dog"),
        ({"find": "C++", "by": r"\1", "whole_word": True}, "C++ and C", r"\1 and C"),
        ({"find": "a.c", "by": ""}, "abc a.c", "abc "),
        ({"find": "x", "by": "y"}, None, None),
        ({"find": "x", "by": "y"}, 7, 7),
        ({"find": "x", "by": "long" * 10}, "x" * 100, "x" * 100),
        ({"find": "x"}, "x" * (LONGEST_TEXT + 1), "x" * (LONGEST_TEXT + 1)),
    ],
)
def test_search_and_replace(settings, before, after):
    assert new(before, "replace_text", **settings) == after


def test_patterns_put_their_groups_in_another_order():
    assert new("Lovelace, Ada", "replace_pattern", pattern=r"(\w+), (\w+)", by=r"\2 \1") == "Ada Lovelace"


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [({"pattern": "(a+)+"}, "single character"), ({"pattern": "a", "by": r"\1"}, "can't be put")],
)
def test_patterns_that_would_fail_later_are_refused_now(settings, wrong):
    with pytest.raises(ValidationError, match=wrong):
        new("a", "replace_pattern", **settings)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("add", ["b", "a"], ["b", "a", "c"]),
        ("remove", ["b", "a"], ["b"]),
        ("replace", ["b"], ["a", "c"]),
        ("clear", ["b"], []),
        ("add", None, ["a", "c"]),
        ("remove", "text", []),
    ],
)
def test_lists(action, before, after):
    assert new(before, action, **({} if action == "clear" else {"values": ["a", "c", "a"]})) == after


@pytest.mark.parametrize(
    ("action", "field", "right"),
    [
        ("toggle", "retired", True),
        ("toggle", "category", False),
        ("toggle", "company.custom.key", True),
        ("toggle", "custom.", False),
        ("clear", "interests", True),
        ("clear", "selections", False),
        ("clear", "company.name", False),
    ],
)
def test_each_action_is_for_fields_of_its_type(action, field, right):
    made = ACTION.validate_python({"action": action, "field": field})
    assert (not list(made.problems())) is right
