"""Wait until the contact does something: submits a form, follows a link, or a custom event."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.outcomes import GoTo, Outcome, Park
from common.domain.participant import Slot
from common.domain.patterns import AnyAction
from common.domain.patterns.pattern import Pattern
from common.domain.reasons import DropOut
from common.domain.steps.exit_settings import ExitSettings
from common.domain.steps.step import Scene, Step, steps
from common.domain.time import Days, Hours, Weeks, later


class OnTimeout(StrEnum):
    """What becomes of those who did nothing in time."""

    EXIT = "exit"
    CONTINUE = "continue"


class MaxWait(Model):
    """The longest wait: one of `hours`, `days` and `weeks` (of 24 hours a day)."""

    hours: Hours | None = None
    days: Days | None = None
    weeks: Weeks | None = None

    @property
    def lengths(self) -> int:
        """How many of them are given."""
        return sum(length is not None for length in (self.hours, self.days, self.weeks))


@steps.register
class WaitForAction(Step):
    """The first of the actions moves on. What was done since enrolment counts, so some pass at once.

    `max_wait`: 7 days unless given; `null` waits without end. Then, by `on_timeout`, the contact drops out
    with the `exit` settings, or goes on.
    """

    kind: Literal["wait_for_action"] = "wait_for_action"
    actions: list[AnyAction] = Field(default_factory=list, max_length=20)
    max_wait: MaxWait | None = MaxWait(days=7)
    on_timeout: OnTimeout = OnTimeout.CONTINUE
    exit: ExitSettings = ExitSettings()

    flow_control: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def arrive(self, scene: Scene) -> Outcome:
        done = self.heard(scene, scene.participant.slots)
        return done or Park(until=self._until(scene))

    def heard(self, scene: Scene, slots: dict[str, Slot]) -> Outcome | None:
        done = {name: slot for name, slot in slots.items() if name in self.slots}
        if not done:
            return None
        action, slot = min(done.items(), key=lambda item: (item[1].at, item[0]))
        return GoTo(
            step=scene.onward(self), why={"action": action, "record": slot.record, "action_at": slot.at}
        )

    def wake(self, scene: Scene) -> Outcome:
        match self.on_timeout:
            case OnTimeout.EXIT:
                why = {"timeout": True, "waited_until": scene.participant.until}
                return self.exit.leave(DropOut.WAIT_TIMEOUT, scene.contact, why)
            case OnTimeout.CONTINUE:
                return GoTo(step=scene.onward(self), why={"timeout": True})

    def listens_for(self) -> Sequence[Pattern]:
        return self.actions

    def exits(self) -> tuple[ExitSettings, ...]:
        return (self.exit,) if self.on_timeout is OnTimeout.EXIT else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.actions:
            yield "actions", "choose at least one action to wait for"
        for number, action in enumerate(self.actions):
            for field, what in action.problems():
                yield f"actions[{number}].{field}", what
        if self.max_wait and self.max_wait.lengths != 1:
            yield "max_wait", "give the longest wait in hours, in days or in weeks, or null for none"

    @cached_property
    def slots(self) -> frozenset[str]:
        """The names under which its actions are kept on a participant."""
        return frozenset(action.slot for action in self.actions)

    def _until(self, scene: Scene) -> Instant | None:
        if self.max_wait is None:
            return None
        days = (self.max_wait.days or 0) + 7 * (self.max_wait.weeks or 0)
        return later(scene.now, days=days, hours=self.max_wait.hours or 0)
