"""Collection `clock`: business time as one document that every process follows (architecture.md §4)."""

from datetime import UTC, datetime
from time import monotonic

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, translated
from common.domain.clock import ClockMode, ClockSetting

CLOCK = "clock"
FOLLOW_SECONDS = 1.0
"""How old a reading of a running clock may grow."""


class MongoClock:
    """Follows the clock document. In step mode each `now` reads it afresh."""

    def __init__(self, database: Database) -> None:
        self._clocks = database[CLOCK]
        self._setting: ClockSetting | None = None
        self._read_at = 0.0

    async def ensure(self, setting: ClockSetting | None = None) -> ClockSetting:
        """Set the clock going at installation; one that is there already stays as it is."""
        machine = datetime.now(UTC)
        first = setting or ClockSetting(business=machine, machine=machine)
        with translated():
            row = await self._clocks.find_one_and_update(
                {"_id": CLOCK},
                {"$setOnInsert": first.model_dump()},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        assert row is not None
        return self._keep(row)

    @property
    def setting(self) -> ClockSetting | None:
        """The last reading, if there is one."""
        return self._setting

    async def now(self, session: AsyncClientSession | None = None) -> datetime:
        setting = self._setting
        aged = monotonic() - self._read_at > FOLLOW_SECONDS
        if setting is None or aged or setting.mode is ClockMode.STEP:
            setting = await self.read(session)
        return setting.at(datetime.now(UTC))

    async def read(self, session: AsyncClientSession | None = None) -> ClockSetting:
        with translated():
            row = await self._clocks.find_one({"_id": CLOCK}, session=session)
        return await self.ensure() if row is None else self._keep(row)

    async def set(self, setting: ClockSetting) -> None:
        """Replace the clock."""
        with translated():
            await self._clocks.replace_one({"_id": CLOCK}, setting.model_dump(), upsert=True)
        self._keep({"_id": CLOCK} | setting.model_dump())

    async def move_to(self, business: datetime) -> None:
        """In step mode, forward to a point in time; never back."""
        with translated():
            await self._clocks.update_one(
                {"_id": CLOCK, "mode": ClockMode.STEP}, {"$max": {"business": business}}
            )

    def _keep(self, row: dict[str, object]) -> ClockSetting:
        self._setting = ClockSetting.model_validate({k: v for k, v in row.items() if k != "_id"})
        self._read_at = monotonic()
        return self._setting
