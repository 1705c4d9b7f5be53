"""One of several answers."""

import pytest

from common.domain.forms.answers import BadAnswer
from common.domain.forms.controls import Option
from common.domain.forms.elements.radio import Radio
from tests.unit.domain.forms.elements.conftest import given

ELEMENT = Radio(id="a", label="A", options=[{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}])


def test_only_what_is_offered_is_taken():
    assert ELEMENT.read(given("y")) == "y"
    with pytest.raises(BadAnswer):
        ELEMENT.read(given("Y"))


def test_all_answers_are_shown():
    assert ELEMENT.shown.options == (Option("x", "X"), Option("y", "Y"))
