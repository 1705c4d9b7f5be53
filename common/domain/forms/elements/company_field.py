"""A field of the contact's company."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from common.domain.contact import Contact
from common.domain.forms.answers import Answer, Posted, bounded
from common.domain.forms.controls import Control, Line
from common.domain.forms.element import Patch, Question, Taken, elements
from common.domain.forms.elements.contact_field import CUSTOM, is_custom

LINES = {
    "name": Line("text", "organization", 400),
    "category": Line("text", "", 200),
    "country": Line("text", "country-name", 100),
}
SHOWN_AGAIN = frozenset({"name", "country"})


@elements.register
class CompanyField(Question):
    """`field`: `name`, `category`, `country` or `custom.NAME`."""

    kind: Literal["company_field"] = "company_field"
    field: str = Field(min_length=1, max_length=100)

    @property
    def shown(self) -> Control:
        return LINES.get(self.field, Line())

    def parse(self, posted: Posted) -> Answer:
        return bounded(posted.text, LINES.get(self.field, Line()).most)

    def means(self, answer: Answer, taken: Taken) -> Patch:
        if self.field.startswith(CUSTOM):
            return {"company": {"custom": {self.field.removeprefix(CUSTOM): answer}}}
        return {"company": {self.field: answer}}

    def known(self, contact: Contact) -> str:
        if self.field not in SHOWN_AGAIN or contact.company is None:
            return ""
        return str(getattr(contact.company, self.field) or "")

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.field not in LINES and not is_custom(self.field):
            yield "field", f"there is no field {self.field!r}; choose {', '.join(LINES)} or {CUSTOM}NAME"
