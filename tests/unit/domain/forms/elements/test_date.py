"""A day of the calendar."""

import pytest

from common.domain.forms.answers import BadAnswer
from common.domain.forms.elements.date import Date
from tests.unit.domain.forms.elements.conftest import given


@pytest.mark.parametrize(("text", "kept"), [("2024-02-29", "2024-02-29"), ("20240229", "2024-02-29")])
def test_days_are_kept_in_one_form(text: str, kept: str):
    assert Date(id="a", label="A").read(given(text)) == kept


@pytest.mark.parametrize("text", ["2023-02-29", "29.2.2024", "tomorrow"])
def test_what_is_no_day_is_refused(text: str):
    with pytest.raises(BadAnswer):
        Date(id="a", label="A").read(given(text))
