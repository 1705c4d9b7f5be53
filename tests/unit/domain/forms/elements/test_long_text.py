"""Several lines of text."""

import pytest

from common.domain.forms.answers import BadAnswer
from common.domain.forms.elements.long_text import LongText
from tests.unit.domain.forms.elements.conftest import given


def test_lines_end_as_one_writes_them():
    assert LongText(id="a", label="A").read(given("one\r\ntwo")) == "one\ntwo"


def test_it_is_bounded():
    with pytest.raises(BadAnswer):
        LongText(id="a", label="A").read(given("x" * 4001))
