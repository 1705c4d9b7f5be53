"""Run a script of the CRM's."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.content_action import Action, Consequence, Want, actions
from common.domain.crm_act import Listed, ScriptRun, Text


@actions.register
class AskForScript(Action):
    """Each time. `parameters` may hold merge tags in their values."""

    kind: Literal["run_script"] = "run_script"
    script: Listed
    parameters: dict[str, Text] = Field(default_factory=dict, max_length=50)

    def does(self) -> Sequence[Consequence]:
        return (Want(ScriptRun(script=self.script, parameters=self.parameters).settings(), each_time=True),)

    def texts(self) -> Sequence[tuple[str, str]]:
        return tuple((f"parameters.{name}", text) for name, text in self.parameters.items())

    def problems(self) -> Iterator[tuple[str, str]]:
        if any(not name or name.startswith("$") or "." in name for name in self.parameters):
            yield "parameters", "names of parameters must not be empty, begin with $ or hold a dot"
