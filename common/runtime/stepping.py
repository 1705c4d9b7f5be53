"""Step mode: drain, step to the next due instant, repeat (architecture.md §4)."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from common.domain.clock import ClockMode
from common.domain.instant import to_instant
from common.ports import Clock, Drained, Left

LOOK_SECONDS = 0.008


class NotDrained(Exception):
    """The engine was still busy when the patience ran out."""

    def __init__(self, left: str, seconds: float) -> None:
        super().__init__(f"not drained after {seconds:.0f} s: {left}")
        self.left = left


class NotStepping(Exception):
    """The clock runs by itself; only one in step mode can be advanced."""

    def __init__(self) -> None:
        super().__init__("the clock is running; set its mode to step before you advance it")


class Stepper:
    """Moves the clock. `moved` is called after each step, to wake whoever sleeps in this process."""

    def __init__(self, clock: Clock, drained: Drained, moved: Callable[[], None]) -> None:
        self._clock = clock
        self._drained = drained
        self._moved = moved

    async def drain(self, patience: float = 60.0) -> Left:
        """Wait until nothing is left to do now; raises `NotDrained` after `patience` seconds without rest."""
        until = monotonic() + patience
        now = await self._clock.now()
        while (why := (left := await self._drained.look()).at(now)) is not None:
            if monotonic() > until:
                raise NotDrained(why, patience)
            await asyncio.sleep(LOOK_SECONDS)
            now = await self._clock.now()
        return left

    async def advance_to(self, target: datetime, patience: float = 60.0) -> datetime:
        """Let everything due until `target` happen at its own instant; doing it twice does it once.

        `patience` (seconds) is for each instant, not for the whole way.
        """
        if (await self._clock.read()).mode is not ClockMode.STEP:
            raise NotStepping
        target = to_instant(target)
        while True:
            left = await self.drain(patience)
            now = await self._clock.now()
            if now >= target:
                return now
            step = target if left.next_due is None else min(left.next_due, target)
            await self._clock.move_to(step)
            self._moved()
