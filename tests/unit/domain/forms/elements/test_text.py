"""A line of text."""

import pytest

from common.domain.forms.answers import NOTHING, BadAnswer
from common.domain.forms.elements.text import Text
from tests.unit.domain.forms.elements.conftest import given


def test_white_space_around_it_is_no_part_of_the_answer():
    assert Text(id="a", label="A").read(given("  yes ")) == "yes"


def test_nothing_is_no_answer_unless_one_is_needed():
    assert Text(id="a", label="A").read(given("  ")) is None
    with pytest.raises(BadAnswer):
        Text(id="a", label="A", required=True).read(NOTHING)


def test_it_is_bounded():
    with pytest.raises(BadAnswer):
        Text(id="a", label="A").read(given("x" * 401))
