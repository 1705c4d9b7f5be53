"""A process has a few batches of a service in hand at a time, however many partitions it owns."""

import asyncio

import pytest

from common.messages.topology import Service
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome
from common.runtime.partition import AT_ONCE
from services.process import Parts, assemble
from tests.support.echo import run_workers
from tests.support.road import RoadUnderTest, until

pytestmark = pytest.mark.mongo


class CountingHandler(KeepsNoTime):
    """Keeps each batch for a moment, and counts those that it has."""

    def __init__(self) -> None:
        self.records = self.now = self.most = 0

    async def load(self, batch: Batch) -> "NothingToDo":
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        self.records += len(batch.records)
        return NothingToDo()


class NothingToDo(HasNoTimers):
    def decide(self, record: object) -> None:
        pass

    def outcome(self) -> Outcome:
        return Outcome()


async def test_all_partitions_come_to_their_turn_and_never_all_at_once(road: RoadUnderTest) -> None:
    process, handler = road.process, CountingHandler()
    assert process.partitions > AT_ONCE
    await road.post_all(2_000)
    app = assemble(process, [Parts(name="x", loops={Service.TRIGGER: process.loops_for(handler)})])
    stopping = asyncio.Event()
    running = asyncio.create_task(run_workers(app, stopping))

    async def all_are_done() -> bool:
        return handler.records == 2_000 and not await process.work.waiting()

    await until(all_are_done)
    stopping.set()
    await running
    assert handler.most == AT_ONCE
