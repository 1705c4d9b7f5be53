"""A picture."""

import pytest
from pydantic import ValidationError

from common.domain.forms.controls import Picture
from common.domain.forms.elements.image import Image


def test_it_is_shown_with_words_for_those_who_cannot_see_it():
    image = Image(id="a", source="https://example.org/a.png", words="A mill")
    assert image.shown == Picture("https://example.org/a.png", "A mill")
    assert not image.asks


@pytest.mark.parametrize("address", ["http://example.org/a.png", "data:image/png;base64,AA", "a.png"])
def test_it_comes_over_https(address: str):
    with pytest.raises(ValidationError):
        Image(id="a", source=address)
