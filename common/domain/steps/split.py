"""Split by what the contact, or its company, is."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from common.domain.conditions import DraftCriteria, judge, lacking
from common.domain.conditions import fields as fields_of
from common.domain.facts import collect
from common.domain.steps.branching import Asked, Branching, Way
from common.domain.steps.step import Scene, steps


class Branch(Way):
    """Those of whom `when` holds (conditions on `contact.*`)."""

    when: DraftCriteria = ()


@steps.register
class Split(Branching):
    """Branches are tried in order; behind a branch's last step the flow runs on behind the split."""

    kind: Literal["split"] = "split"
    branches: list[Branch] = Field(default_factory=list, max_length=50)

    def ask(self, branch: Branch, scene: Scene) -> Asked:
        facts = collect(fields_of(branch.when), scene.contact)
        verdict = judge(branch.when, facts, scene.now, scene.chart.document.asker)
        return Asked(verdict.holds, verdict.seen)

    def branch_problems(self, branch: Branch) -> Iterator[tuple[str, str]]:
        named, unfinished = list(fields_of(branch.when)), list(lacking(branch.when))
        for place, what in unfinished:
            yield f"when{place}", what
        if not named and not unfinished:
            yield "when", f"say in branch {branch.name!r} whom it is for"
        for field in named:
            if not field.startswith("contact."):
                yield "when", f"branch {branch.name!r} names {field}; a split sees contact fields only"
