"""Send a text message to the contact."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from common.domain.contact import Contact
from common.domain.outcomes import GoTo, Outcome, Perform, PlanMessage
from common.domain.permission import Permission
from common.domain.reasons import DropOut
from common.domain.sms import SMS, SmsSender
from common.domain.steps.exit_settings import ExitSettings
from common.domain.steps.step import Scene, Step, steps

LONGEST_TEXT = 1600


@steps.register
class SendSms(Step):
    """Plans the message and goes on at once. Whoever has no mobile number skips it, or leaves the flow.

    `text` may hold merge tags; `sender` stands in for that of the flow's settings.
    """

    kind: Literal["send_sms"] = "send_sms"
    text: str = Field(default="", max_length=LONGEST_TEXT)
    sender: SmsSender | None = None
    exit_without_mobile: bool = False
    exit: ExitSettings = ExitSettings()

    permission: ClassVar[Permission] = Permission.SMS
    channel: ClassVar[str] = SMS

    def writes_to(self, contact: Contact) -> bool:
        return bool(contact.mobile)

    def arrive(self, scene: Scene) -> Outcome:
        if not self.writes_to(scene.contact):
            return self._without_mobile(scene)
        settings: dict[str, Any] = {"text": self.text}
        flow = scene.chart.document.sms
        if sender := self.sender or (flow.sender if flow else None):
            settings["sender"] = sender
        message = PlanMessage(channel=SMS, permission=self.permission, settings=settings)
        return Perform(acts=(message,), step=scene.onward(self))

    def _without_mobile(self, scene: Scene) -> Outcome:
        if self.exit_without_mobile:
            return self.exit.leave(DropOut.NO_MOBILE, scene.contact, {"mobile": None})
        return GoTo(step=scene.onward(self), why={"skipped": DropOut.NO_MOBILE})

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("text", self.text),)

    def exits(self) -> tuple[ExitSettings, ...]:
        return (self.exit,) if self.exit_without_mobile else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.text.strip():
            yield "text", "write the text to send"
