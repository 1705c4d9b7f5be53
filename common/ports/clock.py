"""Business time, and whether it may step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.clock import ClockSetting


class Clock(Protocol):
    """Business time."""

    async def now(self) -> datetime:
        """Read afresh in step mode; computed from the last reading otherwise."""
        ...

    async def read(self) -> ClockSetting: ...

    async def set(self, setting: ClockSetting) -> None: ...

    async def move_to(self, business: datetime) -> None:
        """In step mode, forward to a point in time; never back."""
        ...


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to do at one moment: something that waits, in words; else the first timer, opening window
    or schedule of all."""

    waiting: str | None = None
    next_due: datetime | None = None

    def at(self, now: datetime) -> str | None:
        """What keeps this from being drained at `now`, or `None`."""
        if self.waiting is None and self.next_due is not None and self.next_due <= now:
            return f"a timer, schedule or sending window due at {self.next_due.isoformat()}"
        return self.waiting


class Drained(Protocol):
    async def look(self) -> Left:
        """One consistent look. Effects of paused flows don't count: they wait for the resume."""
        ...
