"""What every element of a form is: it says how it is shown, reads its answer, and tells what that means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from common.domain.contact import Contact
from common.domain.forms.answers import Answer, BadAnswer, Posted, Wrong
from common.domain.forms.controls import Control
from common.domain.instant import Instant
from common.domain.kinds import Family
from common.domain.model import Model, Slug

Patch = Mapping[str, Any]
"""Data of a `contact.updated` event."""


@dataclass(frozen=True, slots=True)
class Taken:
    """When and by which form an answer was given."""

    form: str
    at: Instant


class Element(Model):
    """One thing on a page. `id` names it within the form, and its answer in the event: `event.fields.ID`."""

    kind: str
    id: Slug

    asks: ClassVar[bool] = True
    """Whether there is an answer to it."""

    puzzle: ClassVar[bool] = False
    """Whether it is the proof that a person fills in the form."""

    uploads: ClassVar[bool] = False

    @property
    def shown(self) -> Control:
        raise NotImplementedError

    @property
    def caption(self) -> str:
        """The words that label it; empty where the control says all."""
        return ""

    @property
    def needed(self) -> bool:
        """Whether it must be answered."""
        return False

    @property
    def address(self) -> bool:
        """Whether its answer is the e-mail address by which people are found."""
        return False

    def read(self, posted: Posted) -> Answer | None:
        """The answer as it is kept, `None` where there is none; raises `BadAnswer`."""
        return None

    def means(self, answer: Answer, taken: Taken) -> Patch:
        """What the answer changes of the contact."""
        return {}

    def known(self, contact: Contact) -> str:
        """What is filled in for a contact that is known; empty for what may not be shown to whoever holds the
        address of the page."""
        return ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with its settings: (field, what to do)."""
        yield from ()


class Question(Element):
    """An element with a label and an answer."""

    label: str = Field(min_length=1, max_length=400)
    hint: str = Field(default="", max_length=1_000)
    required: bool = False

    @property
    def caption(self) -> str:
        return self.label

    @property
    def needed(self) -> bool:
        return self.required

    def read(self, posted: Posted) -> Answer | None:
        answer = self.parse(posted) if posted.text or posted.file else None
        if answer is None and self.required:
            raise BadAnswer(Wrong.NEEDED)
        return answer

    def parse(self, posted: Posted) -> Answer:
        """The answer out of what is not empty; raises `BadAnswer`."""
        raise NotImplementedError


elements: Family[Element] = Family("element")
