"""What every step is: a box on the chart that answers by its own methods (architecture.md §3.9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from common.domain.conditions import Criteria
from common.domain.contact import Contact
from common.domain.instant import Instant
from common.domain.kinds import Family
from common.domain.model import Model, Slug
from common.domain.outcomes import Act, GoTo, Outcome, Perform
from common.domain.participant import Participant, Slot
from common.domain.patterns.pattern import Pattern
from common.domain.permission import Permission
from common.domain.staff import NO_STAFF, Named, Staff
from common.domain.steps.exit_settings import ExitSettings

if TYPE_CHECKING:
    from common.domain.chart import Chart


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step sees when it is asked: plain values, `now` included."""

    participant: Participant
    contact: Contact
    chart: "Chart"
    now: Instant
    staff: Staff = NO_STAFF

    def onward(self, step: "Step") -> str:
        """The step behind this one, or `FINISH`."""
        return self.chart.after(step.id)


class Step(Model):
    """One box. `id` is unique in its flow and stays the same over its versions."""

    kind: str
    id: Slug
    title: str = Field(default="", max_length=200)

    permission: ClassVar[Permission] = Permission.NONE
    """What is asked of the contact before this step (domain.md §5)."""

    channel: ClassVar[str] = ""
    """The channel by which it sends, if not every installation has that."""

    flow_control: ClassVar[bool] = False
    """Whether participants stand or part here, so that its settings are locked while any are inside."""

    waits: ClassVar[bool] = False
    """Whether participants may stay here for a time."""

    def arrive(self, scene: Scene) -> Outcome:
        """The participant stands before this step, and all checks have passed."""
        raise NotImplementedError

    def writes_to(self, contact: Contact) -> bool:
        """Whether a message goes to this contact: only then sending windows and frequency caps are asked."""
        return self.permission is not Permission.NONE

    def wake(self, scene: Scene) -> Outcome:
        """The time this step parked the participant for has come."""
        return GoTo(step=scene.onward(self))

    def heard(self, scene: Scene, slots: dict[str, Slot]) -> Outcome | None:
        """An action was kept while the participant is parked here: move on, or `None` to stay."""
        return None

    def ways(self) -> Sequence[tuple[str, Sequence["Step"]]]:
        """The branches inside this step: (name, steps). Each runs on to the step behind this one."""
        return ()

    def listens_for(self) -> Sequence[Pattern]:
        """The actions of the contact that this step asks for; they are kept from enrolment on."""
        return ()

    def conditions(self) -> Sequence[tuple[str, Criteria]]:
        """The conditions by which this step parts people: (field, conditions)."""
        return ()

    def contents(self) -> Sequence[str]:
        """The contents that this step uses."""
        return ()

    def sends_mail(self) -> bool:
        """Whether it needs the flow's e-mail settings."""
        return self.permission is Permission.EMAIL

    def texts(self) -> Sequence[tuple[str, str]]:
        """What it says in words of its author's that may hold merge tags: (field, text)."""
        return ()

    def selections(self) -> Sequence[str]:
        """The selections that this step changes, those of its exits aside."""
        return ()

    def projects(self) -> Sequence[str]:
        """The projects that this step names."""
        return ()

    def flows(self) -> Sequence[str]:
        """The flows to which this step suggests the contact, those of its exits aside."""
        return ()

    def staff(self) -> Named:
        """The users among whom this step chooses."""
        return Named()

    def users_named(self) -> Sequence[tuple[str, str]]:
        """The users of the CRM that it names: (field, user)."""
        return ()

    def exits(self) -> Sequence[ExitSettings]:
        """What may become of those who leave here."""
        return ()

    def settings(self) -> dict[str, Any]:
        """What its author set, the steps inside it left out."""
        return self.model_dump(exclude={"id", "kind", "title"})

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is incomplete: (field, what to do)."""
        yield from ()


steps: Family[Step] = Family("step")


def onward_with(acts: Sequence[Act], step: str) -> Outcome:
    """Perform these and go on; with nothing to do, go on, and say that it was so already."""
    return Perform(acts=tuple(acts), step=step) if acts else GoTo(step=step, why={"already": True})
