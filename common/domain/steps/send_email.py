"""Send an e-mail to the contact."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from common.domain.model import Choice
from common.domain.outcomes import Outcome, Perform, PlanMessage
from common.domain.permission import Permission
from common.domain.steps.step import Scene, Step, steps

EMAIL = "email"
"""The channel of mail in the effect ledger."""


@steps.register
class SendEmail(Step):
    """Plans the mail and goes on at once. `subject` stands in for that of the content."""

    kind: Literal["send_email"] = "send_email"
    content: Choice = ""
    subject: str | None = Field(default=None, max_length=998, pattern=r"^[^\r\n]*$")

    permission: ClassVar[Permission] = Permission.EMAIL

    def arrive(self, scene: Scene) -> Outcome:
        """Raises `KeyError` when the version was frozen without this content."""
        message = PlanMessage(
            channel=EMAIL,
            permission=self.permission,
            content=self.content,
            content_version=scene.chart.content_version(self.content),
            settings={"subject": self.subject} if self.subject else {},
        )
        return Perform(acts=(message,), step=scene.onward(self))

    def contents(self) -> Sequence[str]:
        return (self.content,) if self.content else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.content:
            yield "content", "choose the e-mail to send"
