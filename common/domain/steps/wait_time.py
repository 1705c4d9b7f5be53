"""Wait for a time: a number of hours or days, or until a moment."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from common.domain.instant import Instant
from common.domain.outcomes import GoTo, Outcome, Park
from common.domain.steps.step import Scene, Step, steps
from common.domain.time import Days, Hours, later


@steps.register
class WaitTime(Step):
    """Exactly one of `hours`, `days` (24 hours each, from the arrival here) and `until`."""

    kind: Literal["wait_time"] = "wait_time"
    hours: Hours | None = None
    days: Days | None = None
    until: Instant | None = None

    flow_control: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def arrive(self, scene: Scene) -> Outcome:
        """Until a moment that has passed: on at once."""
        until = self.until or later(scene.now, days=self.days or 0, hours=self.hours or 0)
        if until <= scene.now:
            return GoTo(step=scene.onward(self), why={"until": until, "passed": True})
        return Park(until=until)

    def problems(self) -> Iterator[tuple[str, str]]:
        given = [name for name in ("hours", "days", "until") if getattr(self, name) is not None]
        if not given:
            yield "days", "say how long to wait: hours, days or until"
        elif len(given) > 1:
            yield given[1], f"give one of {' and '.join(given)}, not {len(given)}"
