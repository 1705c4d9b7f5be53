"""Create a task about the contact in the CRM."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.content_action import Action, Consequence, Want, actions
from common.domain.crm_act import Listed, Text, Title
from common.domain.user import UserId


@actions.register
class AskForFollowUp(Action):
    """Once for each contact, or `each_time`; due in so many `days`. `subject` and `agenda` may hold merge tags."""

    kind: Literal["create_follow_up"] = "create_follow_up"
    subject: Title
    type: Listed | None = None
    days: int = Field(default=0, ge=0, le=3650)
    user: UserId | None = None
    agenda: Text = ""
    each_time: bool = False

    def does(self) -> Sequence[Consequence]:
        task = {"title": self.subject, "type": self.type, "owner": self.user, "agenda": self.agenda}
        told = {"kind": self.kind, **{name: value for name, value in task.items() if value}}
        return (Want(told, each_time=self.each_time, in_days=self.days),)

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("agenda", self.agenda))

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.subject.strip():
            yield "subject", "say what is to be done"
