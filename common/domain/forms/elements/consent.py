"""Leave to use somebody's data for a purpose."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl, PlainSerializer

from common.domain.contact import E_MARKETING, LegalBasis
from common.domain.forms.answers import Answer, BadAnswer, Posted, Wrong
from common.domain.forms.controls import Control, Tick
from common.domain.forms.element import Element, Patch, Taken, elements
from common.domain.forms.elements.checkbox import ticked
from common.domain.model import Slug

Address = Annotated[HttpUrl, PlainSerializer(str, return_type=str)]


@elements.register
class ConsentBox(Element):
    """Never ticked beforehand. Ticked, it is kept on the contact with legal basis, source and date; a box left
    empty withdraws nothing."""

    kind: Literal["consent"] = "consent"
    purpose: Slug = E_MARKETING
    label: str = Field(min_length=1, max_length=2_000)
    privacy_statement: Address
    link_words: str = Field(default="Privacy statement", min_length=1, max_length=200)
    required: bool = False

    @property
    def shown(self) -> Control:
        return Tick(self.label, str(self.privacy_statement), self.link_words)

    @property
    def needed(self) -> bool:
        return self.required

    def read(self, posted: Posted) -> Answer | None:
        if self.required and not ticked(posted):
            raise BadAnswer(Wrong.NEEDED)
        return ticked(posted)

    def means(self, answer: Answer, taken: Taken) -> Patch:
        if answer is not True:
            return {}
        given = {
            "basis": LegalBasis.CONSENT.value,
            "source": f"form {taken.form}",
            "at": taken.at.isoformat(),
        }
        return {"consents": {self.purpose: given}}
