"""What is still to be done before the clock may step: read in one snapshot, since two reads miss what moves."""

from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, Document, one_moment, translated
from common.adapters.mongo.crm_events import CRM_EVENTS
from common.adapters.mongo.effects import BEYOND_TIME, EFFECTS
from common.adapters.mongo.participants import PARTICIPANTS
from common.adapters.mongo.schedules import first_due
from common.adapters.mongo.visits import VISITS
from common.adapters.mongo.work import WORK
from common.domain.effect import OPEN_STATES
from common.domain.reasons import FlowState
from common.messages.topology import ROAD
from common.ports import Left

FLOWS = "flows"

ON_THE_ROAD: Document = {"service": {"$in": list(ROAD)}}
"""What other systems are still to be told holds up nothing."""


class MongoDrained:
    def __init__(self, database: Database, partitions: int) -> None:
        self._database = database
        self._partitions = partitions

    async def look(self) -> Left:
        """One consistent look. Effects of paused flows don't count: they wait for the resume. Those that wait for
        their window are due when it opens.

        A ticket that waits settles it without a snapshot, which costs more.
        """
        with translated():
            if ticket := await self._any(WORK, ON_THE_ROAD, {"service": 1, "partition": 1}, None):
                return Left(waiting=f"tickets for {ticket['service']}, partition {ticket['partition']}")
            async with one_moment(self._database) as session:
                if ticket := await self._any(WORK, ON_THE_ROAD, {"service": 1, "partition": 1}, session):
                    return Left(waiting=f"tickets for {ticket['service']}, partition {ticket['partition']}")
                if clicks := await self._to_be_judged(session):
                    return Left(waiting=f"a click of {clicks['contact']}, still to be told from a machine's")
                if event := await self._any(CRM_EVENTS, {}, {"entity": 1, "key": 1}, session):
                    return Left(
                        waiting=f"the CRM's record of {event['entity']} {event['key']}, to be fetched"
                    )
                if effect := await self._open_effect(session):
                    return Left(waiting=f"effect {effect['_id']}, {effect['state']}")
                return Left(next_due=await self._first_due(session))

    async def _any(
        self, collection: str, query: Document, fields: dict[str, int], session: AsyncClientSession | None
    ) -> Any:
        return await self._database[collection].find_one(query, fields, session=session)

    async def _to_be_judged(self, session: AsyncClientSession) -> Any:
        """By the index of those that wait."""
        waiting = self._database[VISITS].find({"waits": True}, {"contact": 1}, session=session)
        return await anext(aiter(waiting.sort("at", ASCENDING).limit(1)), None)

    async def _open_effect(self, session: AsyncClientSession) -> Any:
        paused = self._database[FLOWS].find({"state": FlowState.PAUSED}, {"_id": 1}, session=session)
        ids = [row["_id"] async for row in paused]
        query: Document = {
            "state": {"$in": [state.value for state in OPEN_STATES]},
            "not_before": {"$ne": BEYOND_TIME},
        }
        return await self._any(
            EFFECTS, query | ({"flow": {"$nin": ids}} if ids else {}), {"state": 1}, session
        )

    async def _first_due(self, session: AsyncClientSession) -> datetime | None:
        """The first timer, opening window or schedule of all: one look into each index for each partition."""
        scheduled = await first_due(self._database, session)
        firsts = [] if scheduled is None else [scheduled]
        for partition in range(self._partitions):
            for collection, field in ((PARTICIPANTS, "due"), (EFFECTS, "opens_at")):
                query = {"partition": partition, field: {"$type": "date"}}
                rows = self._database[collection].find(query, {field: 1}, session=session)
                firsts += [row[field] async for row in rows.sort(field, ASCENDING).limit(1)]
        return min(firsts, default=None)
