"""What all splits have in common: branches tried in order, and everyone else (domain.md §6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, Field

from common.domain.conditions import Criteria, Seen
from common.domain.model import Model
from common.domain.outcomes import GoTo, Outcome
from common.domain.reasons import DropOut
from common.domain.steps.exit_settings import ExitSettings
from common.domain.steps.step import Scene, Step

if TYPE_CHECKING:
    from common.domain.steps import AnyStep


class Way(Model):
    """One way on: its steps, behind which the flow runs on behind the split."""

    name: str = Field(default="", max_length=200)
    steps: list["AnyStep"] = Field(default_factory=list, max_length=1000)


class Otherwise(Way):
    """Everyone else: steps of their own, or out of the flow by `exit`."""

    name: str = Field(default="Everyone else", max_length=200)
    exit: ExitSettings | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether a branch takes the participant, and the lines and values that decided it."""

    holds: bool
    seen: tuple[Seen, ...] = ()


class Branching(Step):
    """Each kind has `branches` of its own, or answers `tried`; and it says of whom a branch is (`ask`)."""

    otherwise: Otherwise = Field(default_factory=Otherwise)

    flow_control: ClassVar[bool] = True

    def tried(self) -> Sequence[Way]:
        """The branches in the order in which they are tried."""
        branches: Sequence[Way] = getattr(self, "branches", ())
        return branches

    def ask(self, branch: Any, scene: Scene) -> Asked:
        """Whether this branch takes the participant."""
        raise NotImplementedError

    def conditions(self) -> Sequence[tuple[str, Criteria]]:
        """Of the branches that have any: `when`."""
        return [
            (f"{self.place_of(number)}.when", branch.when)
            for number, branch in enumerate(self.tried())
            if hasattr(branch, "when")
        ]

    def place_of(self, number: int) -> str:
        """The field that holds the branch of this number."""
        return f"branches[{number}]"

    def branch_problems(self, branch: Any) -> Iterator[tuple[str, str]]:
        """What is incomplete in one branch: (its field, what to do)."""
        yield from ()

    def arrive(self, scene: Scene) -> Outcome:
        seen: list[dict[str, Any]] = []
        for branch in self.tried():
            asked = self.ask(branch, scene)
            lines = [line.model_dump(mode="json") for line in asked.seen]
            if asked.holds:
                return self._into(scene, branch, lines)
            seen += lines
        if self.otherwise.exit:
            why = {"branch": self.otherwise.name, "seen": seen}
            return self.otherwise.exit.leave(DropOut.NO_MATCH, scene.contact, why)
        return self._into(scene, self.otherwise, seen)

    def ways(self) -> Sequence[tuple[str, Sequence[Step]]]:
        return [(way.name, way.steps) for way in (*self.tried(), self.otherwise)]

    def exits(self) -> tuple[ExitSettings, ...]:
        return (self.otherwise.exit,) if self.otherwise.exit else ()

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = without_steps(super().settings())
        return settings

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.tried():
            yield "branches", "add a branch beside everyone else"
        names = [name for name, _ in self.ways()]
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            yield "branches", f"two branches are called {name!r}"
        for number, branch in enumerate(self.tried()):
            place = self.place_of(number)
            if not branch.name.strip():
                yield f"{place}.name", "give the branch a name"
            for field, what in self.branch_problems(branch):
                yield f"{place}.{field}", what
        if not self.otherwise.name.strip():
            yield "otherwise.name", "give the branch of everyone else a name"
        if self.otherwise.exit and self.otherwise.steps:
            yield "otherwise.exit", "everyone else either goes through steps or leaves, not both"

    def _into(self, scene: Scene, way: Way, seen: list[dict[str, Any]]) -> GoTo:
        first = way.steps[0].id if way.steps else scene.onward(self)
        return GoTo(step=first, why={"branch": way.name, "seen": seen})


def without_steps(settings: Any) -> Any:
    """Settings of a split, the steps inside its branches left out."""
    if isinstance(settings, dict):
        return {name: without_steps(value) for name, value in settings.items() if name != "steps"}
    if isinstance(settings, list):
        return [without_steps(value) for value in settings]
    return settings


def holders_of_steps() -> Iterator[type[BaseModel]]:
    """Every model that can only be completed when all kinds of steps are known, the innermost first."""
    yield from _descendants(Way)
    yield from _descendants(Branching)


def _descendants(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for below in model.__subclasses__():
        yield from _descendants(below)
