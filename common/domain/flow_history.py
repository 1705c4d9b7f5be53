"""What state a flow was in, and when: asked when events are taken up again that some flow never decided on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.domain.reasons import FlowState


@dataclass(frozen=True, slots=True)
class FlowAct:
    """From `noted_at` (machine time) on the flow was in this state, in this run, by this version."""

    flow: str
    state: FlowState
    run: int
    version: int
    noted_at: datetime

    @property
    def open(self) -> bool:
        """Whether the flow took participants."""
        return self.state is not FlowState.NOT_RUNNING


def open_at(history: Iterable[FlowAct], moment: datetime) -> dict[str, FlowAct]:
    """By id, the flows that took participants at this moment; `history` in the order of the acts."""
    last = {act.flow: act for act in history if act.noted_at <= moment}
    return {flow: act for flow, act in last.items() if act.open}
