"""What is still to be done before the clock may step: read in one snapshot, since two reads miss what moves."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.participants import PARTICIPANTS
from common.adapters.mongo.work import WORK
from common.domain.effect import OPEN_STATES
from common.domain.reasons import FlowState

FLOWS = "flows"
EFFECTS = "effects"


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to do at one moment of business time; `next_due` is the first timer of all."""

    tickets: int
    effects: int
    next_due: datetime | None

    def drained(self, now: datetime) -> bool:
        """No tickets, no open effects, nothing due."""
        return not self.tickets and not self.effects and (self.next_due is None or self.next_due > now)


class MongoDrained:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self) -> Left:
        """One consistent look. Effects of paused flows don't count: they wait for the resume."""
        with translated():
            async with self._database.client.start_session(snapshot=True) as session:
                timer = await self._first_timer(session)
                return Left(
                    tickets=await self._tickets(session),
                    effects=await self._effects(session),
                    next_due=timer["due"] if timer else None,
                )

    async def _first_timer(self, session: AsyncClientSession) -> Document | None:
        query = {"due": {"$type": "date"}}
        first: Document | None = None
        async for row in await self._database[PARTICIPANTS].aggregate(
            [{"$match": query}, {"$group": {"_id": "$partition", "due": {"$min": "$due"}}}], session=session
        ):
            if first is None or row["due"] < first["due"]:
                first = row
        return first

    async def _tickets(self, session: AsyncClientSession) -> int:
        row = await self._database[WORK].find_one({}, {"_id": ASCENDING}, session=session)
        return 0 if row is None else 1

    async def _effects(self, session: AsyncClientSession) -> int:
        paused = self._database[FLOWS].find({"state": FlowState.PAUSED}, {"_id": 1}, session=session)
        ids = [row["_id"] async for row in paused]
        query: Document = {"state": {"$in": [state.value for state in OPEN_STATES]}, "flow": {"$nin": ids}}
        row = await self._database[EFFECTS].find_one(query, {"_id": 1}, session=session)
        return 0 if row is None else 1
