"""A field of the contact."""

from collections.abc import Iterator
from typing import Literal

from pydantic import EmailStr, Field, TypeAdapter, ValidationError

from common.domain.contact import Contact
from common.domain.forms.answers import Answer, BadAnswer, Posted, Wrong, bounded
from common.domain.forms.controls import Control, Line
from common.domain.forms.element import Patch, Question, Taken, elements

LINES = {
    "first_name": Line("text", "given-name", 200),
    "last_name": Line("text", "family-name", 200),
    "email": Line("email", "email", 254),
    "mobile": Line("tel", "tel", 40),
    "country": Line("text", "country-name", 100),
    "language": Line("text", "language", 35),
    "category": Line("text", "", 200),
}
CUSTOM = "custom."
SHOWN_AGAIN = frozenset({"first_name", "last_name", "email", "country", "language"})
"""What may be filled in for whoever opens the form from a mail: mails are passed on."""

EMAIL: TypeAdapter[str] = TypeAdapter(EmailStr)


@elements.register
class ContactField(Question):
    """`field`: `first_name`, `last_name`, `email`, `mobile`, `country`, `language`, `category` or `custom.NAME`."""

    kind: Literal["contact_field"] = "contact_field"
    field: str = Field(min_length=1, max_length=100)

    @property
    def shown(self) -> Control:
        return LINES.get(self.field, Line())

    @property
    def address(self) -> bool:
        return self.field == "email"

    def parse(self, posted: Posted) -> Answer:
        line = LINES.get(self.field, Line())
        text = bounded(posted.text, line.most)
        return checked_address(text) if self.address else text

    def means(self, answer: Answer, taken: Taken) -> Patch:
        if self.field.startswith(CUSTOM):
            return {"custom": {self.field.removeprefix(CUSTOM): answer}}
        return {self.field: answer}

    def known(self, contact: Contact) -> str:
        return str(getattr(contact, self.field) or "") if self.field in SHOWN_AGAIN else ""

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.field not in LINES and not is_custom(self.field):
            yield "field", f"there is no field {self.field!r}; choose {', '.join(LINES)} or {CUSTOM}NAME"


def is_custom(field: str) -> bool:
    """Whether it names a custom field that a store can keep."""
    name = field.removeprefix(CUSTOM)
    return field.startswith(CUSTOM) and bool(name) and "." not in name and not name.startswith("$")


def checked_address(text: str) -> str:
    """By its syntax; nobody is asked whether mail gets there."""
    try:
        return str(EMAIL.validate_python(text))
    except ValidationError:
        raise BadAnswer(Wrong.NO_ADDRESS) from None
