"""Call another system over HTTP with a signed JSON body."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from common.domain.json_body import JsonBody, texts
from common.domain.outcomes import Outcome, Perform, PlanCall
from common.domain.steps.step import Scene, Step, steps

WEBHOOK = "webhook"
"""The channel of calls to other systems in the effect ledger."""

WebAddress = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^(https?://[^\s/?#@]+([/?][^\s#]*)?)?$")
]
"""Without user, password and fragment; empty only in drafts."""


class Method(StrEnum):
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@steps.register
class CallWebhook(Step):
    """Plans the call and goes on at once; a call without a good answer is tried again, with the same id.

    Texts in `body` may hold merge tags. Without a body it is told who came to which step of which flow.
    """

    kind: Literal["call_webhook"] = "call_webhook"
    method: Method = Method.POST
    url: WebAddress = ""
    body: JsonBody = Field(default_factory=dict)

    def arrive(self, scene: Scene) -> Outcome:
        settings = {"method": self.method.value, "url": self.url, "body": self.body}
        call = PlanCall(channel=WEBHOOK, settings=settings, repeatable=True)
        return Perform(acts=(call,), step=scene.onward(self), why={"url": self.url})

    def texts(self) -> Sequence[tuple[str, str]]:
        return tuple(("body", text) for text in texts(self.body))

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.url:
            yield "url", "give the address to call"
