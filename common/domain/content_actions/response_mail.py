"""Answer by mail."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from common.domain.content_action import Action, Consequence, Respond, actions


@actions.register
class ResponseMail(Action):
    """Plain text with merge tags: `{{ contact.first_name }}` of what was written into the form, and
    `{{ fields.ID }}`. It goes to the address that was given, whatever else that person gets from us."""

    kind: Literal["response_mail"] = "response_mail"
    for_links: ClassVar[bool] = False

    subject: str = Field(min_length=1, max_length=998, pattern=r"^[^\r\n]+$")
    text: str = Field(min_length=1, max_length=20_000)

    def does(self) -> Sequence[Consequence]:
        return (Respond(self.subject, self.text),)
