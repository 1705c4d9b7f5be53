"""Business time as a setting: how it follows the machine's clock, or stands (architecture.md §4)."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from common.domain.instant import Instant, to_instant
from common.domain.model import Model

END = datetime(9000, 1, 1, tzinfo=UTC)
"""Where business time stops, however fast it runs: behind it there must be room for waits."""


class ClockMode(StrEnum):
    RUNNING = "running"
    STEP = "step"


class ClockSetting(Model):
    """Business time was `business` at machine time `machine`; it runs `speed` times as fast, or stands (step)."""

    mode: ClockMode = ClockMode.RUNNING
    business: Instant
    machine: Instant
    speed: float = Field(default=1.0, gt=0, le=31_536_000)

    def at(self, machine: datetime) -> datetime:
        """Business time when the machine's clock shows `machine`; it never goes past `END`."""
        if self.mode is ClockMode.STEP:
            return self.business
        try:
            return min(to_instant(self.business + (machine - self.machine) * self.speed), END)
        except OverflowError:
            return END

    def machine_seconds(self, business: timedelta) -> float:
        """How long, on the machine's clock, a span of business time takes; endless while it stands."""
        return float("inf") if self.mode is ClockMode.STEP else business.total_seconds() / self.speed
