"""Suggest the contact to another flow."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.model import Choice
from common.domain.outcomes import Leave, Outcome, Perform, SuggestFor
from common.domain.reasons import DropOut
from common.domain.steps.step import Scene, Step, steps


@steps.register
class GoToFlow(Step):
    """Filters there decide. Then the contact goes on here, or with `leave` drops out of this flow."""

    kind: Literal["go_to_flow"] = "go_to_flow"
    flow: Choice = ""
    leave: bool = False
    text: str = Field(default="", max_length=500)

    def arrive(self, scene: Scene) -> Outcome:
        acts = (SuggestFor(flow=self.flow),)
        if self.leave:
            return Leave(reason=DropOut.REMOVED_BY_FLOW, acts=acts, text=self.text or None)
        return Perform(acts=acts, step=scene.onward(self))

    def flows(self) -> Sequence[str]:
        return (self.flow,) if self.flow else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.flow:
            yield "flow", "choose the flow to suggest the contact to"
