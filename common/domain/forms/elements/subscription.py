"""A type of mail that somebody wants to get."""

from typing import Literal

from pydantic import Field

from common.domain.forms.answers import Answer, Posted
from common.domain.forms.controls import Control, Tick
from common.domain.forms.element import Element, Patch, Taken, elements
from common.domain.forms.elements.checkbox import ticked
from common.domain.model import Slug


@elements.register
class SubscriptionBox(Element):
    """Ticked, it adds the subscription; left empty it takes none away."""

    kind: Literal["subscription"] = "subscription"
    type: Slug
    label: str = Field(min_length=1, max_length=400)

    @property
    def shown(self) -> Control:
        return Tick(self.label)

    def read(self, posted: Posted) -> Answer | None:
        return ticked(posted)

    def means(self, answer: Answer, taken: Taken) -> Patch:
        return {"add": {"subscriptions": [self.type]}} if answer is True else {}
