"""A number of points."""

import pytest

from common.domain.forms.answers import BadAnswer
from common.domain.forms.elements.rating import Rating
from tests.unit.domain.forms.elements.conftest import given


def test_points_are_a_number():
    assert Rating(id="a", label="A", most=3).read(given("3")) == 3


@pytest.mark.parametrize("text", ["0", "4", "1.5", "x", "٣"])
def test_no_other_points_are_taken(text: str):
    with pytest.raises(BadAnswer):
        Rating(id="a", label="A", most=3).read(given(text))
