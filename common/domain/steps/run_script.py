"""Run a script of the CRM's."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from common.domain.crm_act import Listed, ScriptRun, Text
from common.domain.outcomes import Outcome, Perform
from common.domain.steps.step import Scene, Step, steps

ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]


@steps.register
class RunScript(Step):
    """Fire and forget: goes on at once, whatever becomes of it. `parameters` may hold merge tags."""

    kind: Literal["run_script"] = "run_script"
    script: Listed | Literal[""] = ""
    parameters: dict[ParameterName, Text] = Field(default_factory=dict, max_length=50)

    def arrive(self, scene: Scene) -> Outcome:
        run = ScriptRun(script=self.script, parameters=self.parameters)
        why = {"act": run.kind, "script": self.script}
        return Perform(acts=(run.planned(),), step=scene.onward(self), why=why)

    def texts(self) -> Sequence[tuple[str, str]]:
        return tuple((f"parameters.{name}", text) for name, text in self.parameters.items())

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.script:
            yield "script", "name the script to run"
