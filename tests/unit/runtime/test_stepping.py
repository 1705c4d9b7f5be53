"""The stepper's patience; how it meets the engine is tested on real servers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from common.domain.clock import ClockMode, ClockSetting
from common.ports import Left
from common.runtime.stepping import NotDrained, Stepper

START = datetime(1997, 1, 1, tzinfo=UTC)


@dataclass
class StandingClock:
    business: datetime = START
    steps: list[datetime] = field(default_factory=list)

    async def now(self) -> datetime:
        return self.business

    async def read(self) -> ClockSetting:
        return ClockSetting(mode=ClockMode.STEP, business=self.business, machine=START)

    async def set(self, setting: ClockSetting) -> None:
        self.business = setting.business

    async def move_to(self, business: datetime) -> None:
        self.business = max(self.business, business)
        self.steps.append(business)


@dataclass
class Engine:
    """Fires a timer as soon as it is looked at past its time, unless it is stuck."""

    clock: StandingClock
    due: list[datetime]
    waiting: str | None = None

    async def look(self) -> Left:
        left = Left(waiting=self.waiting, next_due=min(self.due, default=None))
        self.due = [due for due in self.due if due > self.clock.business]
        return left


def test_a_timer_still_to_come_does_not_keep_the_engine_from_being_drained() -> None:
    left = Left(next_due=START)
    assert left.at(START - timedelta(seconds=1)) is None
    assert left.at(START) == f"a timer, schedule or sending window due at {START.isoformat()}"


async def test_the_clock_stops_at_each_timer_on_the_way() -> None:
    clock = StandingClock()
    engine = Engine(clock, [START + timedelta(days=n) for n in (1, 3, 9)])
    moves: list[None] = []
    target = START + timedelta(days=5)
    assert await Stepper(clock, engine, moved=lambda: moves.append(None)).advance_to(target) == target
    assert clock.steps == [START + timedelta(days=1), START + timedelta(days=3), target]
    assert len(moves) == 3


async def test_what_is_left_is_named_when_patience_runs_out() -> None:
    clock = StandingClock()
    with pytest.raises(NotDrained, match="effect 17, claimed") as raised:
        await Stepper(clock, Engine(clock, [], "effect 17, claimed"), moved=lambda: None).drain(0.02)
    assert raised.value.left == "effect 17, claimed"
