"""Split by whether the contact has submitted a form since it entered the flow."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.model import Choice
from common.domain.patterns.form_submitted import FormSubmitted
from common.domain.patterns.pattern import Pattern
from common.domain.steps.branching import Asked, Branching, Otherwise, Way
from common.domain.steps.did import did
from common.domain.steps.step import Scene, steps


def _yes() -> Way:
    return Way(name="Submitted")


def _no() -> Otherwise:
    return Otherwise(name="Not submitted")


@steps.register
class SplitByForm(Branching):
    """Exactly two branches: `submitted`, and everyone else."""

    kind: Literal["split_by_form"] = "split_by_form"
    form: Choice = ""
    submitted: Way = Field(default_factory=_yes)
    otherwise: Otherwise = Field(default_factory=_no)

    def tried(self) -> Sequence[Way]:
        return (self.submitted,)

    def place_of(self, number: int) -> str:
        return "submitted"

    def ask(self, branch: Way, scene: Scene) -> Asked:
        return did(FormSubmitted(form=self.form), self.form, scene)

    def listens_for(self) -> Sequence[Pattern]:
        return (FormSubmitted(form=self.form),) if self.form else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.form:
            yield "form", "choose the form"
        yield from super().problems()
