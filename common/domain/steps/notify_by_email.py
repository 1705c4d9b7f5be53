"""Tell somebody of ours by e-mail."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import EmailStr, Field

from common.domain.colleague import Colleague
from common.domain.outcomes import GoTo, Outcome, Perform, PlanCall
from common.domain.steps.step import Scene, Step, steps

NOTIFY_EMAIL = "notify_email"
"""The channel of mails to our own people in the effect ledger."""

LONGEST_TEXT = 20_000


class MailTo(StrEnum):
    OUR_CONTACT = Colleague.OUR_CONTACT.value
    OUR_SERVICE_CONTACT = Colleague.OUR_SERVICE_CONTACT.value
    ADDRESS = "address"


@steps.register
class NotifyByEmail(Step):
    """Plans the mail and goes on at once. It does not go to the contact: no consent, window or cap holds it up.
    Where the contact has nobody who is meant, nobody is told."""

    kind: Literal["notify_by_email"] = "notify_by_email"
    to: MailTo = MailTo.OUR_CONTACT
    address: EmailStr | None = None
    subject: str = Field(default="", max_length=998, pattern=r"^[^\r\n]*$")
    text: str = Field(default="", max_length=LONGEST_TEXT)

    def arrive(self, scene: Scene) -> Outcome:
        told: dict[str, Any] = {"subject": self.subject, "text": self.text}
        if self.to is MailTo.ADDRESS:
            whom = {"to": self.address}
        elif user := Colleague(self.to.value).of(scene.contact):
            whom = {"user": user}
        else:
            return GoTo(step=scene.onward(self), why={"nobody": self.to.value})
        call = PlanCall(channel=NOTIFY_EMAIL, settings=told | whom)
        return Perform(acts=(call,), step=scene.onward(self), why=whom)

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("text", self.text))

    def sends_mail(self) -> bool:
        return True

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.to is MailTo.ADDRESS and self.address is None:
            yield "address", "give the address to write to"
        if self.to is not MailTo.ADDRESS and self.address is not None:
            yield "address", "is used where to is address; leave it out, or write to it"
        if not self.subject.strip():
            yield "subject", "write a subject"
        if not self.text.strip():
            yield "text", "write the text to send"
