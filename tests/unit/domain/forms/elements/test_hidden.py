"""A value that the form's author gives."""

from common.domain.forms.answers import NOTHING
from common.domain.forms.elements.hidden import Hidden
from tests.unit.domain.forms.elements.conftest import given


def test_the_authors_value_stands_unless_another_is_posted():
    hidden = Hidden(id="source", value="spring")
    assert hidden.read(NOTHING) == "spring"
    assert hidden.read(given("autumn")) == "autumn"
    assert Hidden(id="source").read(NOTHING) is None
