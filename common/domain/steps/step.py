"""What every step is: a box on the chart that answers by its own methods (architecture.md §3.9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from common.domain.contact import Contact
from common.domain.instant import Instant
from common.domain.kinds import Family
from common.domain.model import Model, Slug
from common.domain.outcomes import GoTo, Outcome
from common.domain.participant import Participant, Slot
from common.domain.patterns.pattern import Pattern

if TYPE_CHECKING:
    from common.domain.chart import Chart


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step sees when it is asked: plain values, `now` included."""

    participant: Participant
    contact: Contact
    chart: "Chart"
    now: Instant

    def onward(self, step: "Step") -> str:
        """The step behind this one, or `FINISH`."""
        return self.chart.after(step.id)


class Step(Model):
    """One box. `id` is unique in its flow and stays the same over its versions."""

    kind: str
    id: Slug
    title: str = Field(default="", max_length=200)

    marketing_mail: ClassVar[bool] = False
    """Whether the checks before an e-mail are asked before this step (domain.md §5)."""

    def arrive(self, scene: Scene) -> Outcome:
        """The participant stands before this step, and all checks have passed."""
        raise NotImplementedError

    def wake(self, scene: Scene) -> Outcome:
        """The time this step parked the participant for has come."""
        return GoTo(step=scene.onward(self))

    def heard(self, scene: Scene, slots: dict[str, Slot]) -> Outcome | None:
        """An action was kept while the participant is parked here: move on, or `None` to stay."""
        return None

    def branches(self) -> Sequence[Sequence["Step"]]:
        """The steps inside this one, a sequence a branch; each runs on to the step behind this one."""
        return ()

    def waits_for(self) -> Sequence[Pattern]:
        """The actions that this step listens for."""
        return ()

    def contents(self) -> Sequence[str]:
        """The contents that this step uses."""
        return ()

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is incomplete: (field, what to do)."""
        yield from ()


steps: Family[Step] = Family("step")
