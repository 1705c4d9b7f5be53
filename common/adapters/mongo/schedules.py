"""Collection `schedules`: for each trigger of an open flow that comes by itself, when it comes next."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.batch import Announce
from common.adapters.mongo.bulk import MongoBulks
from common.adapters.mongo.client import Database, Document, in_transaction, translated
from common.domain.bulk import BulkEnrolment
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.schedule import Schedule, schedules
from common.messages.ticket import Ticket
from common.ports import UnreadableSchedule

SCHEDULES = "schedules"
INDEXES: dict[str, list[IndexModel]] = {
    SCHEDULES: [
        IndexModel(
            [("due", ASCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"due": {"$type": "date"}},
            name="schedules_due",
        ),
        IndexModel([("flow", ASCENDING)], name="schedules_of_a_flow"),
    ],
}

HAS_DUE: Document = {"due": {"$type": "date"}}


class MongoSchedules:
    """`announce` is told of the tickets that set bulk enrolments going; it may not block or raise."""

    def __init__(self, database: Database, bulks: MongoBulks, announce: Announce) -> None:
        self._database = database
        self._schedules = database[SCHEDULES]
        self._bulks = bulks
        self._announce = announce

    async def next_due(self) -> datetime | None:
        with translated():
            return await first_due(self._database, None)

    async def due(self, now: datetime, limit: int) -> Sequence[Schedule | UnreadableSchedule]:
        query: Document = {"due": {"$type": "date", "$lte": now}}
        with translated():
            rows = self._schedules.find(query).sort([("due", ASCENDING), ("_id", ASCENDING)]).limit(limit)
            return [read(row) async for row in rows]

    async def of(self, flow: str | None, limit: int) -> Sequence[Schedule | UnreadableSchedule]:
        query = {"flow": flow} if flow else {}
        with translated():
            rows = self._schedules.find(query).sort("_id", ASCENDING).limit(limit)
            return [read(row) async for row in rows]

    async def move(self, before: Schedule, after: Schedule, begins: BulkEnrolment | None) -> bool:
        as_read = {"_id": before.id, "run": before.run, "version": before.version, "due": before.due}

        async def body(session: AsyncClientSession) -> list[Ticket] | None:
            moved = await self._schedules.replace_one(as_read, to_document(after), session=session)
            if not moved.matched_count:
                return None
            return await self._bulks.begin(begins, session) if begins is not None else []

        tickets = await in_transaction(self._database, body)
        self._announce(tickets or [])
        return tickets is not None


async def first_due(database: Database, session: AsyncClientSession | None) -> datetime | None:
    """The first instant of all schedules."""
    rows = database[SCHEDULES].find(HAS_DUE, {"due": 1}, session=session).sort("due", ASCENDING).limit(1)
    return next((row["due"] for row in await rows.to_list()), None)


async def renew(
    database: Database, flow: StoredFlow, version: FlowVersion | None, session: AsyncClientSession
) -> None:
    """Within the transaction of a life-cycle act: those of the version that it froze, none where it froze none."""
    of_flow = {"flow": flow.id}
    known = [read(row) async for row in database[SCHEDULES].find(of_flow, session=session)]
    fresh = schedules(flow, version, [e for e in known if isinstance(e, Schedule)]) if version else []
    if known:
        await database[SCHEDULES].delete_many(of_flow, session=session)
    if fresh:
        await database[SCHEDULES].insert_many([to_document(each) for each in fresh], session=session)


def to_document(schedule: Schedule) -> Document:
    trigger = schedule.trigger.model_dump(mode="json")
    return {"_id": schedule.id, "trigger": trigger, **schedule.model_dump(exclude={"id", "trigger"})}


def read(row: Document) -> Schedule | UnreadableSchedule:
    name = row.pop("_id")
    try:
        return Schedule.model_validate({"id": name} | row)
    except ValidationError as error:
        return UnreadableSchedule(name, str(error))
