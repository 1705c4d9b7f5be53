"""Split by what the contact wrote into a form since it entered the flow."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.conditions import DraftCriteria, judge, lacking
from common.domain.conditions import fields as fields_of
from common.domain.facts import collect
from common.domain.model import Choice
from common.domain.patterns.form_submitted import FormSubmitted
from common.domain.patterns.pattern import Pattern
from common.domain.steps.branching import Asked, Branching, Way
from common.domain.steps.did import did
from common.domain.steps.step import Scene, steps

FIELDS = "event.fields."
"""What the names of a submission's fields begin with."""


class FormDataBranch(Way):
    """Those of whose latest submission `when` holds (conditions on `event.fields.*`)."""

    when: DraftCriteria = ()


@steps.register
class SplitByFormData(Branching):
    """Everyone else did not submit the form, or matches no branch."""

    kind: Literal["split_by_form_data"] = "split_by_form_data"
    form: Choice = ""
    branches: list[FormDataBranch] = Field(default_factory=list, max_length=50)

    def ask(self, branch: FormDataBranch, scene: Scene) -> Asked:
        slot = scene.participant.slots.get(self._action.slot)
        if slot is None:
            return did(self._action, self.form, scene)
        facts = collect(fields_of(branch.when), scene.contact, slot.data)
        verdict = judge(branch.when, facts, scene.now, scene.chart.document.asker)
        return Asked(verdict.holds, verdict.seen)

    def listens_for(self) -> Sequence[Pattern]:
        return (self._action,) if self.form else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.form:
            yield "form", "choose the form"
        yield from super().problems()

    def branch_problems(self, branch: FormDataBranch) -> Iterator[tuple[str, str]]:
        named, unfinished = list(fields_of(branch.when)), list(lacking(branch.when))
        for place, what in unfinished:
            yield f"when{place}", what
        if not named and not unfinished:
            yield "when", f"say in branch {branch.name!r} whom it is for"
        for field in named:
            if not field.startswith(FIELDS):
                yield (
                    "when",
                    f"branch {branch.name!r} names {field}; name fields of the form: {FIELDS}size",
                )

    @property
    def _action(self) -> FormSubmitted:
        return FormSubmitted(form=self.form)
