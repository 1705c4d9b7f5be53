"""`/v1/clock`: business time; running, or step by step (architecture.md §4)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, Field

from common.domain.access import Scope
from common.domain.clock import END, ClockMode, ClockSetting
from common.domain.instant import Instant
from common.domain.model import Model
from common.ports import Clock
from common.runtime.keys import require
from common.runtime.problems import Busy, Conflict
from common.runtime.stepping import NotDrained, NotStepping, Stepper

MOST_PATIENCE = 600.0


def before_end(moment: datetime) -> datetime:
    if moment > END:
        raise ValueError(f"should not lie behind {END.isoformat()}")
    return moment


BeforeEnd = Annotated[Instant, AfterValidator(before_end)]
Patience = Annotated[float, Field(gt=0, le=MOST_PATIENCE)]


class ClockView(Model):
    """`now` is business time; `speed` how many seconds of it pass in one of the machine's."""

    mode: ClockMode
    now: Instant
    speed: float


class ClockRequest(Model):
    """`now`: where to go on from, not before the present; without it the clock goes on from where it is."""

    mode: ClockMode
    now: BeforeEnd | None = None
    speed: float = Field(default=1.0, gt=0, le=31_536_000)


class AdvanceRequest(Model):
    """`patience`: seconds to wait, at each instant on the way, for the engine to come to rest."""

    to: BeforeEnd
    patience: Patience = 60.0


class DrainRequest(Model):
    patience: Patience = 60.0


class Backwards(Conflict):
    slug, title = "backwards", "Time does not go back"


class StepModeNeeded(Conflict):
    slug, title = "step-mode-needed", "The clock is running"


class StillBusy(Busy):
    """`left` names what was not done in time."""

    slug, title = "still-busy", "Not at rest in time"

    def __init__(self, busy: NotDrained) -> None:
        super().__init__(str(busy), retry_after=1)
        self.members = {"left": busy.left}


def shown(setting: ClockSetting) -> ClockView:
    return ClockView(mode=setting.mode, now=setting.at(datetime.now(UTC)), speed=setting.speed)


async def reset(clock: Clock, request: ClockRequest) -> ClockSetting:
    """Set the clock from now on; raises `Backwards`."""
    machine = datetime.now(UTC)
    present = (await clock.read()).at(machine)
    business = request.now or present
    if business < present:
        raise Backwards(f"it is {present.isoformat()} already", now=present.isoformat())
    setting = ClockSetting(mode=request.mode, business=business, machine=machine, speed=request.speed)
    await clock.set(setting)
    return setting


def router(clock: Clock, stepper: Stepper) -> APIRouter:
    routes = APIRouter(prefix="/v1/clock", tags=["clock"], dependencies=[Depends(require(Scope.MANAGE))])

    @routes.get("")
    async def read_clock() -> ClockView:
        """What time it is for flows."""
        return shown(await clock.read())

    @routes.put("")
    async def set_clock(request: ClockRequest) -> ClockView:
        """Let the clock run, at any speed, or stop it for stepping."""
        return shown(await reset(clock, request))

    @routes.post("/advance")
    async def advance(request: AdvanceRequest) -> ClockView:
        """In step mode: let everything happen that is due until then, each at its own instant."""
        try:
            await stepper.advance_to(request.to, request.patience)
        except NotStepping as running:
            raise StepModeNeeded(str(running)) from None
        except NotDrained as busy:
            raise StillBusy(busy) from None
        return shown(await clock.read())

    @routes.post("/drain")
    async def drain(request: DrainRequest) -> ClockView:
        """Wait until nothing is left to do at this instant."""
        try:
            await stepper.drain(request.patience)
        except NotDrained as busy:
            raise StillBusy(busy) from None
        return shown(await clock.read())

    return routes
