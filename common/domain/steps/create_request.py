"""Create a request of the contact in the CRM."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Literal

from common.domain.crm_act import Listed, NewRequest, Text, Title
from common.domain.outcomes import Outcome, Perform
from common.domain.steps.step import Scene, Step, steps
from common.domain.user import UserId


class RequestOwner(StrEnum):
    USER = "user"
    AUTOMATIC = "automatic"
    NOBODY = "nobody"


@steps.register
class CreateRequest(Step):
    """Plans the request and goes on at once. Its owner is a `user`, found by the CRM, or nobody yet. `subject` and
    `message` may hold merge tags; the others are entries of the CRM's lists, which has defaults for those not given.
    """

    kind: Literal["create_request"] = "create_request"
    subject: Title = ""
    type: Listed | None = None
    status: Listed | None = None
    category: Listed | None = None
    priority: Listed | None = None
    owner: RequestOwner = RequestOwner.AUTOMATIC
    user: UserId | None = None
    message: Text = ""

    def arrive(self, scene: Scene) -> Outcome:
        request = NewRequest(
            title=self.subject,
            automatic=self.owner is RequestOwner.AUTOMATIC,
            owner=self.user if self.owner is RequestOwner.USER else None,
            **self.model_dump(include={"type", "status", "category", "priority", "message"}),
        )
        return Perform(acts=(request.planned(),), step=scene.onward(self), why={"act": request.kind})

    def users_named(self) -> Sequence[tuple[str, str]]:
        return (("user", self.user),) if self.user else ()

    def texts(self) -> Sequence[tuple[str, str]]:
        return (("subject", self.subject), ("message", self.message))

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.subject.strip():
            yield "subject", "say what the request is about"
        if self.owner is RequestOwner.USER and self.user is None:
            yield "user", "choose who is to have it"
        if self.owner is not RequestOwner.USER and self.user is not None:
            yield "user", "is used where owner is user; leave it out, or give it to them"
