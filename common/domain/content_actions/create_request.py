"""Create a request of the contact in the CRM."""

from collections.abc import Iterator, Sequence
from typing import Literal

from common.domain.content_action import Action, Consequence, Want, actions
from common.domain.crm_act import Listed, NewRequest, Text, Title
from common.domain.user import UserId


@actions.register
class AskForRequest(Action):
    """Once for each contact, or `each_time` that the form is submitted or the link followed. Its owner is a `user`,
    or found by the CRM. `subject` and `message` may hold merge tags."""

    kind: Literal["create_request"] = "create_request"
    subject: Title
    type: Listed | None = None
    status: Listed | None = None
    category: Listed | None = None
    priority: Listed | None = None
    user: UserId | None = None
    message: Text = ""
    each_time: bool = False

    def does(self) -> Sequence[Consequence]:
        request = NewRequest(
            title=self.subject,
            automatic=self.user is None,
            owner=self.user,
            **self.model_dump(include={"type", "status", "category", "priority", "message"}),
        )
        return (Want(request.settings(), each_time=self.each_time),)

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("message", self.message))

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.subject.strip():
            yield "subject", "say what the request is about"
