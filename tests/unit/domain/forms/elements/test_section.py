"""What is only to be read."""

from common.domain.forms.controls import Heading
from common.domain.forms.elements.section import Section


def test_it_is_shown_and_asks_nothing():
    element = Section(id="a", title="More")
    assert element.shown == Heading("More")
    assert not element.asks
