"""What is only to be read."""

from common.domain.forms.controls import Prose
from common.domain.forms.elements.paragraph import Paragraph


def test_it_is_shown_and_asks_nothing():
    element = Paragraph(id="a", words="Read this")
    assert element.shown == Prose("Read this")
    assert not element.asks
