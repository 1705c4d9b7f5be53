"""Custom fields as the CRM writes them, and as conditions read them."""

import pytest

from common.adapters.crm.custom_fields import custom_fields


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("plain text", "plain text"),
        ("", None),
        ("[I:42]", 42),
        ("[F:1.5]", 1.5),
        ("[M:123.45]", 123.45),
        ("[D:11/09/2017]", "2017-11-09"),
        ("[D:09.11.2017]", "2017-11-09"),
        ("[DT:11/09/2017 14:53:18]", "2017-11-09T14:53:18"),
        ("[D:01/01/1760]", None),
        ("[A:3,4, 5]", ["3", "4", "5"]),
        ("[I:many]", "many"),
        ("[see: below]", "[see: below]"),
        (7, 7),
        (True, True),
        (None, None),
        ({"Id": 1}, None),
    ],
)
def test_each_kind_of_value_is_read(theirs, ours):
    assert custom_fields({"customfields": {"SuperOffice:1": theirs}}) == {"SuperOffice:1": ours}


def test_of_a_choice_the_words_are_taken():
    given = {"x_tier": "[I:3]", "x_tier:DisplayText": "Gold", "x_tier:DisplayTooltip": "", "none": "[I:0]",
             "none:DisplayText": ""}  # fmt: skip
    assert custom_fields({"customfields": given}) == {"none": None, "x_tier": "Gold"}


def test_names_are_such_that_conditions_can_ask_for_them():
    assert custom_fields({"customfields": {"app.size": "[I:1]", "$where": "x"}}) == {
        "app_size": 1,
        "where": "x",
    }


def test_older_spellings_serve_where_there_is_no_other():
    older = {"userdefinedfields": {"a": "1"}, "extrafields": {"b": "2"}}
    assert custom_fields(older) == {"a": "1", "b": "2"}
    assert custom_fields(older | {"customfields": {"c": "3"}}) == {"c": "3"}
    assert custom_fields({}) is None
