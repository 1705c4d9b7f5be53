"""What the elements share from which people choose."""

from pydantic import Field

from common.domain.forms.answers import Answer, Posted, one_of
from common.domain.forms.controls import Option
from common.domain.forms.element import Question
from common.domain.model import Model, Slug


class Offered(Model):
    """One answer that is offered; `value` is what is kept."""

    value: Slug
    label: str = Field(min_length=1, max_length=400)


class Choice(Question):
    """One of the answers that are offered."""

    options: list[Offered] = Field(min_length=1, max_length=200)

    @property
    def offered(self) -> tuple[Option, ...]:
        return tuple(Option(each.value, each.label) for each in self.options)

    @property
    def values(self) -> list[str]:
        return [each.value for each in self.options]

    def parse(self, posted: Posted) -> Answer:
        return one_of(posted.text, self.values)
