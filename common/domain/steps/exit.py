"""Leave the flow here."""

from typing import Literal

from pydantic import Field

from common.domain.outcomes import Outcome
from common.domain.reasons import DropOut
from common.domain.steps.exit_settings import ExitSettings
from common.domain.steps.step import Scene, Step, steps


@steps.register
class Exit(Step):
    """Drops out whoever comes here, as removed by the flow."""

    kind: Literal["exit"] = "exit"
    exit: ExitSettings = Field(default=ExitSettings())

    def arrive(self, scene: Scene) -> Outcome:
        return self.exit.leave(DropOut.REMOVED_BY_FLOW, scene.contact, {})

    def exits(self) -> tuple[ExitSettings, ...]:
        return (self.exit,)
