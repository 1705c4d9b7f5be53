"""A picture."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainSerializer, UrlConstraints
from pydantic_core import Url

from common.domain.forms.controls import Control, Picture
from common.domain.forms.element import Element, elements

Https = Annotated[
    Url, UrlConstraints(allowed_schemes=["https"], max_length=2_000), PlainSerializer(str, return_type=str)
]


@elements.register
class Image(Element):
    """`words` tell what is to be seen, to those who can't see it."""

    kind: Literal["image"] = "image"
    source: Https
    words: str = Field(default="", max_length=1_000)

    asks: ClassVar[bool] = False

    @property
    def shown(self) -> Control:
        return Picture(str(self.source), self.words)
