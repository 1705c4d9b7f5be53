"""Setting business time when everything starts, and stopping it when everything stops."""

from dataclasses import dataclass
from datetime import UTC, datetime

from common.adapters.mongo.archive import EVENTS
from common.adapters.mongo.client import connect, translated
from common.adapters.mongo.clock import MongoClock
from common.domain.clock import ClockMode, ClockSetting
from common.domain.instant import to_instant
from services.command_line.clock_words import in_words


@dataclass(frozen=True, slots=True)
class WantedClock:
    """What the command line asks for: where a new installation begins, and how fast time goes."""

    start: datetime | None = None
    speed: float | None = None

    @property
    def asked(self) -> bool:
        return self.start is not None or self.speed is not None


async def begin(url: str, database: str, wanted: WantedClock) -> ClockSetting:
    """Set the clock going as wanted; one that is not asked for stays as it is.

    Time does not go back once something has happened in it: then it goes on from where it stands.
    Raises `Unavailable`.
    """
    handle = connect(url, database)
    async with handle.client:
        clock = MongoClock(handle)
        machine = datetime.now(UTC)
        with translated():
            fresh = await handle[EVENTS].find_one({}, {"_id": 1}) is None
        present = await clock.ensure()
        if not wanted.asked:
            return present
        setting = ClockSetting(
            business=starting_point(present.at(machine), wanted.start, fresh=fresh),
            machine=machine,
            speed=wanted.speed or present.speed,
        )
        await clock.set(setting)
        return setting


def starting_point(present: datetime, start: datetime | None, *, fresh: bool) -> datetime:
    """Where time begins: where it is wanted, but never before the present of an installation in use."""
    if start is None:
        return present
    return to_instant(start if fresh else max(start, present))


async def halt(url: str, database: str) -> None:
    """Stop a running clock where it is, so that no time passes while nothing runs. Raises `Unavailable`."""
    handle = connect(url, database)
    async with handle.client:
        clock = MongoClock(handle)
        setting = await clock.read()
        if setting.mode is ClockMode.RUNNING:
            now = datetime.now(UTC)
            await clock.set(
                ClockSetting(mode=ClockMode.STEP, business=setting.at(now), machine=now, speed=setting.speed)
            )


def described(setting: ClockSetting) -> str:
    """The clock in a few words; says how to set a standing one going."""
    now = f"{setting.at(datetime.now(UTC)):%Y-%m-%d %H:%M} UTC"
    if setting.mode is ClockMode.STEP:
        return f"business time stands at {now}; --speed sets it going"
    return f"business time is {now} and runs at {in_words(setting.speed)}"
