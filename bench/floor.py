"""What the machine and its MongoDB can do at most for an enrolment: the least that has to be written, and no more."""

import asyncio
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from pymongo import IndexModel, InsertOne, UpdateOne

from common.adapters.mongo.client import Database
from common.adapters.mongo.participants import INDEXES, PARTICIPANTS, to_document
from common.domain.participant import Participant

BATCH = 500
CONCURRENCY = 4


async def floor(database: Database, records: int) -> float:
    """Records a second of event insert, participant insert with all its indexes, and one compare-and-set update
    each; batches of 500, majority and journal, four at a time."""
    indexes: list[IndexModel] = INDEXES[PARTICIPANTS]
    await database[PARTICIPANTS].create_indexes(indexes)
    slots = asyncio.Semaphore(CONCURRENCY)

    async def write(first: int) -> None:
        async with slots:
            numbers = range(first, first + BATCH)
            people = [to_document(participant(number)) for number in numbers]
            await database["events"].insert_many([event(number) for number in numbers], ordered=False)
            await database[PARTICIPANTS].bulk_write([InsertOne(person) for person in people], ordered=False)
            steps = [UpdateOne({"_id": person["_id"], "visits": 0}, NEXT_STEP) for person in people]
            await database[PARTICIPANTS].bulk_write(steps, ordered=False)

    began = perf_counter()
    await asyncio.gather(*(write(first) for first in range(0, records, BATCH)))
    return records / (perf_counter() - began)


NOW = datetime.now(UTC)
NEXT_STEP = {"$set": {"step": "wait", "visits": 1, "due": NOW}}


def participant(number: int) -> Participant:
    return Participant(
        id=f"participant-{number:09d}", flow="bench", run=1, version=1, contact=f"contact-{number}",
        partition=number % 8, enrolled_at=NOW, since=NOW, cause=f"event-{number:09d}",
    )  # fmt: skip


def event(number: int) -> dict[str, Any]:
    data = {"amount": 25.0, "order": str(number)}
    return {"_id": f"event-{number:09d}", "type": "order.placed", "source": "bench",
            "contact": f"contact-{number}", "time": NOW, "data": data, "depth": 0, "v": 1}  # fmt: skip
