"""Tell our own people by text message."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import Field

from common.domain.colleague import Colleague
from common.domain.outcomes import GoTo, Outcome, Perform, PlanCall
from common.domain.sms import SmsSender
from common.domain.steps.send_sms import LONGEST_TEXT
from common.domain.steps.step import Scene, Step, steps
from common.domain.user import UserId

NOTIFY_SMS = "notify_sms"
"""The channel of text messages to our own people in the effect ledger."""

MOST_PEOPLE = 50


class TextTo(StrEnum):
    OUR_CONTACT = Colleague.OUR_CONTACT.value
    OUR_SERVICE_CONTACT = Colleague.OUR_SERVICE_CONTACT.value
    USERS = "users"


@steps.register
class NotifyBySms(Step):
    """Plans one message for each and goes on at once; who has no mobile number gets nothing. It does not go to the
    contact: no consent, window or cap holds it up. `sender` stands in for that of the flow's settings."""

    kind: Literal["notify_by_sms"] = "notify_by_sms"
    to: TextTo = TextTo.OUR_CONTACT
    users: tuple[UserId, ...] = Field(default=(), max_length=MOST_PEOPLE)
    text: str = Field(default="", max_length=LONGEST_TEXT)
    sender: SmsSender | None = None

    channel: ClassVar[str] = NOTIFY_SMS

    def arrive(self, scene: Scene) -> Outcome:
        whom = self._whom(scene)
        if not whom:
            return GoTo(step=scene.onward(self), why={"nobody": self.to.value})
        told: dict[str, Any] = {"text": self.text}
        flow = scene.chart.document.sms
        if sender := self.sender or (flow.sender if flow else None):
            told["sender"] = sender
        calls = tuple(PlanCall(channel=NOTIFY_SMS, settings=told | {"user": user}) for user in whom)
        return Perform(acts=calls, step=scene.onward(self), why={"users": list(whom)})

    def _whom(self, scene: Scene) -> tuple[str, ...]:
        if self.to is TextTo.USERS:
            return tuple(dict.fromkeys(self.users))
        user = Colleague(self.to.value).of(scene.contact)
        return (user,) if user else ()

    def users_named(self) -> Sequence[tuple[str, str]]:
        return [(f"users[{number}]", user) for number, user in enumerate(self.users)]

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("text", self.text),)

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.to is TextTo.USERS and not self.users:
            yield "users", "choose at least one person"
        if self.to is not TextTo.USERS and self.users:
            yield "users", "are used where to is users; leave them out, or write to them"
        if not self.text.strip():
            yield "text", "write the text to send"
