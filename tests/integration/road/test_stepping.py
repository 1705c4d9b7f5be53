"""A standing clock, stepped: every timer at its own instant, and once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
import pytest_asyncio
from pymongo import InsertOne

from common.adapters.mongo.crm_events import CRM_EVENTS
from common.adapters.mongo.drained import MongoDrained
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.visits import VISITS
from common.domain.clock import ClockMode, ClockSetting
from common.domain.participant import Participant
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Write
from common.runtime.handler import Batch, Outcome
from common.runtime.stepping import NotDrained, NotStepping, Stepper
from services.process import Parts, Process, assemble
from tests.support.echo import ECHO, run_workers
from tests.support.road import RoadUnderTest

pytestmark = pytest.mark.mongo

START = datetime(1997, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LAST = START + 4 * DAY


class DailyHandler:
    """Wakes each participant once a day until `LAST`, and writes down when that was."""

    keeps_time: ClassVar[bool] = True

    def __init__(self, participants: MongoParticipants) -> None:
        self._participants = participants

    async def timers(self, partition: int, now: datetime, limit: int) -> Sequence[Participant]:
        return await self._participants.due(partition, now, limit)

    async def load(self, batch: Batch) -> "DailyWorld":
        return DailyWorld(batch, self._participants)


class DailyWorld:
    def __init__(self, batch: Batch, participants: MongoParticipants) -> None:
        self._batch = batch
        self._participants = participants
        self._fired: list[Participant] = []

    def decide(self, record: Record) -> None:
        raise AssertionError("only timers here")

    def fire(self, timer: Participant) -> None:
        self._fired.append(timer)

    def shelve(self, timer: Participant) -> Record:
        raise AssertionError("nothing fails here")

    def crowd(self, record: Record) -> Sequence[str]:
        raise AssertionError("nothing fails here")

    def outcome(self) -> Outcome:
        rows = [InsertOne({"_id": f"{timer.id}:{timer.due}", "due": timer.due, "now": self._batch.now})
                for timer in self._fired]  # fmt: skip
        read = {timer.id: timer for timer in self._fired}
        next_day = [timer.but(due=tomorrow(timer)) for timer in self._fired]
        return Outcome(writes=[Write(ECHO, rows), *self._participants.save(next_day, read)])


def tomorrow(timer: Participant) -> datetime | None:
    assert timer.due is not None
    return timer.due + DAY if timer.due < LAST else None


def participant(number: int) -> Participant:
    """Due for the first time so many hours after the first day."""
    return Participant(
        id=f"p{number}", flow="daily", run=1, version=1, contact=f"c{number}", partition=number % 4,
        enrolled_at=START, since=START, cause="", due=START + DAY + timedelta(hours=number % 3),
    )  # fmt: skip


@pytest_asyncio.fixture
async def process(road: RoadUnderTest) -> AsyncIterator[Process]:
    """One that owns the executor's partitions, with ten participants asleep."""
    process = road.process
    await process.clock.set(ClockSetting(mode=ClockMode.STEP, business=START, machine=datetime.now(UTC)))
    participants = MongoParticipants(process.database)
    for write in participants.insert(participant(number) for number in range(10)):
        await process.database[write.collection].bulk_write(list(write.operations))
    loops = {Service.EXECUTOR: process.loops_for(DailyHandler(participants))}
    stopping = asyncio.Event()
    app = assemble(process, [Parts(name="daily", loops=loops)])
    running = asyncio.create_task(run_workers(app, stopping))
    yield process
    stopping.set()
    await running


@pytest.fixture
def stepper(process: Process) -> Stepper:
    return Stepper(
        process.clock,
        MongoDrained(process.database, process.partitions),
        moved=lambda: process.bells.ring_service(Service.EXECUTOR),
    )


async def fired(process: Process) -> dict[str, datetime]:
    return {row["_id"]: row["now"] async for row in process.database[ECHO].find()}


async def test_timers_on_the_way_are_awaited_each_at_its_instant(process: Process, stepper: Stepper) -> None:
    assert await stepper.advance_to(START + 10 * DAY) == START + 10 * DAY
    rows = [row async for row in process.database[ECHO].find()]
    assert len(rows) == 10 * 4
    assert all(row["now"] == row["due"] for row in rows)


async def test_advancing_twice_is_advancing_once(process: Process, stepper: Stepper) -> None:
    await stepper.advance_to(START + 2 * DAY)
    once = await fired(process)
    assert await stepper.advance_to(START + 2 * DAY) == START + 2 * DAY
    assert await stepper.advance_to(START + DAY) == START + 2 * DAY
    assert await fired(process) == once


async def test_two_who_advance_at_once_do_it_once(process: Process, stepper: Stepper) -> None:
    await asyncio.gather(*(stepper.advance_to(START + 3 * DAY) for _ in range(3)))
    rows = [row async for row in process.database[ECHO].find()]
    assert all(row["now"] == row["due"] for row in rows)


async def test_what_is_left_is_named(road: RoadUnderTest) -> None:
    process = road.process
    await process.clock.set(ClockSetting(mode=ClockMode.STEP, business=START, machine=datetime.now(UTC)))
    await road.post(road.records(1))
    stepper = Stepper(process.clock, MongoDrained(process.database, process.partitions), moved=lambda: None)
    with pytest.raises(NotDrained, match="tickets for trigger, partition"):
        await stepper.advance_to(START + DAY, patience=0.2)
    assert (await process.clock.read()).business == START


@pytest.mark.parametrize(
    ("collection", "row", "told"),
    [
        (VISITS, {"waits": True, "at": START, "contact": "ada"}, "a click of ada, still to be told"),
        (
            CRM_EVENTS,
            {"entity": "person", "key": "8", "at": START},
            "the CRM's record of person 8, to be fetched",
        ),
    ],
)
async def test_what_waits_at_the_door_is_named_too(
    road: RoadUnderTest, collection: str, row: dict[str, object], told: str
) -> None:
    process = road.process
    stepper = Stepper(process.clock, MongoDrained(process.database, process.partitions), moved=lambda: None)
    await process.database[VISITS].insert_one({"waits": False, "at": START, "contact": "judged"})
    await stepper.drain(patience=1)

    kept = await process.database[collection].insert_one(row)
    with pytest.raises(NotDrained, match=told):
        await stepper.drain(patience=0.2)

    await process.database[collection].delete_one({"_id": kept.inserted_id})
    assert (await stepper.drain(patience=1)).waiting is None


async def test_a_running_clock_is_not_advanced(road: RoadUnderTest) -> None:
    process = road.process
    stepper = Stepper(process.clock, MongoDrained(process.database, process.partitions), moved=lambda: None)
    with pytest.raises(NotStepping):
        await stepper.advance_to(datetime.now(UTC) + DAY)
