"""Split by what the contact is: the first branch whose condition holds is taken."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from common.domain.conditions import Criteria, judge
from common.domain.conditions import fields as fields_of
from common.domain.facts import collect
from common.domain.model import Model
from common.domain.outcomes import GoTo, Outcome
from common.domain.reasons import DropOut
from common.domain.steps.exit_settings import ExitSettings
from common.domain.steps.step import Scene, Step, steps

if TYPE_CHECKING:
    from common.domain.steps import AnyStep


class Branch(Model):
    """One way on, for those of whom `when` holds (conditions on `contact.*`)."""

    name: str = Field(min_length=1, max_length=200)
    when: Criteria = ()
    steps: list["AnyStep"] = Field(default_factory=list, max_length=1000)


class Otherwise(Model):
    """Everyone else: steps of their own, or out of the flow by `exit`."""

    name: str = Field(default="Everyone else", min_length=1, max_length=200)
    steps: list["AnyStep"] = Field(default_factory=list, max_length=1000)
    exit: ExitSettings | None = None


@steps.register
class Split(Step):
    """Branches are tried in order; behind a branch's last step the flow runs on behind the split."""

    kind: Literal["split"] = "split"
    branches: list[Branch] = Field(default_factory=list, max_length=50)
    otherwise: Otherwise = Field(default_factory=Otherwise)

    flow_control: ClassVar[bool] = True

    def arrive(self, scene: Scene) -> Outcome:
        seen: list[dict[str, Any]] = []
        for branch in self.branches:
            facts = collect(fields_of(branch.when), scene.contact)
            verdict = judge(branch.when, facts, scene.now, scene.chart.document.asker)
            lines = [line.model_dump(mode="json") for line in verdict.seen]
            if verdict.holds:
                return self._into(scene, branch.name, branch.steps, lines)
            seen += lines
        if self.otherwise.exit:
            why = {"branch": self.otherwise.name, "seen": seen}
            return self.otherwise.exit.leave(DropOut.NO_MATCH, scene.contact, why)
        return self._into(scene, self.otherwise.name, self.otherwise.steps, seen)

    def ways(self) -> Sequence[tuple[str, Sequence[Step]]]:
        branches = [(branch.name, branch.steps) for branch in self.branches]
        return [*branches, (self.otherwise.name, self.otherwise.steps)]

    def exits(self) -> tuple[ExitSettings, ...]:
        return (self.otherwise.exit,) if self.otherwise.exit else ()

    def settings(self) -> dict[str, Any]:
        return {
            "branches": [branch.model_dump(exclude={"steps"}) for branch in self.branches],
            "otherwise": self.otherwise.model_dump(exclude={"steps"}),
        }

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.branches:
            yield "branches", "add a branch beside everyone else"
        names = [name for name, _ in self.ways()]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield "branches", f"two branches are called {name!r}"
        for branch in self.branches:
            yield from _problems(branch)
        if self.otherwise.exit and self.otherwise.steps:
            yield "otherwise.exit", "everyone else either goes through steps or leaves, not both"

    def _into(self, scene: Scene, name: str, inside: Sequence[Step], seen: list[dict[str, Any]]) -> GoTo:
        first = inside[0].id if inside else scene.onward(self)
        return GoTo(step=first, why={"branch": name, "seen": seen})


def _problems(branch: Branch) -> Iterator[tuple[str, str]]:
    named = list(fields_of(branch.when))
    if not named:
        yield "branches", f"say in branch {branch.name!r} whom it is for"
    for field in named:
        if not field.startswith("contact."):
            yield "branches", f"branch {branch.name!r} names {field}; a split sees contact fields only"
