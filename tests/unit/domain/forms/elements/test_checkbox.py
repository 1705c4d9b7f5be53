"""Boxes to tick."""

import pytest

from common.domain.forms.answers import NOTHING, BadAnswer
from common.domain.forms.elements.checkbox import Checkbox
from tests.unit.domain.forms.elements.conftest import given

MANY = Checkbox(id="a", label="A", options=[{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}])


def test_a_single_box_is_yes_or_no():
    one = Checkbox(id="a", label="A")
    assert (one.read(given("on")), one.read(NOTHING), one.read(given("maybe"))) == (True, False, False)


def test_of_several_each_is_kept_once():
    assert MANY.read(given("y", "x", "y")) == ["y", "x"]
    assert MANY.read(NOTHING) is None


def test_what_is_not_offered_and_what_is_needed_but_missing_is_refused():
    with pytest.raises(BadAnswer):
        MANY.read(given("z"))
    with pytest.raises(BadAnswer):
        Checkbox(id="a", label="A", required=True).read(NOTHING)
