"""Once a life-cycle act is answered, nothing decided by the flows before it is committed."""

import asyncio
from dataclasses import replace

import pytest

from common.adapters.mongo.flows import EPOCH
from common.messages.topology import Service
from common.ports import Committed
from common.runtime.inbox import Inbox
from common.runtime.partition import PartitionLoop
from tests.support.echo import ECHO, EchoHandler
from tests.support.holding import HoldingBatches
from tests.support.road import RoadUnderTest, until

pytestmark = pytest.mark.mongo

FENCED = {"service": {"$in": [Service.TRIGGER, Service.EXECUTOR]}}


async def act(road: RoadUnderTest, epoch: int) -> None:
    """What an act does after it has changed the flow; it is answered when this returns."""
    await road.process.database[EPOCH].update_one({"_id": EPOCH}, {"$set": {"value": epoch}}, upsert=True)
    await road.process.rows.raise_epoch(epoch)


async def test_a_batch_decided_before_an_act_is_decided_again_by_the_new_flows(road: RoadUnderTest) -> None:
    process = road.process
    held = HoldingBatches(process.batches)
    await road.post(road.records(1))
    ((_, partition),) = await process.work.waiting()
    own = await process.rows.acquire(Service.TRIGGER, partition, "owner")
    assert own is not None
    bell = process.bells.of(Service.TRIGGER, partition)
    inbox = Inbox(own, process.work, process.courier, bell, process.inboxes)
    slow = replace(process.road(), batches=held)
    loop = PartitionLoop(own, EchoHandler(Service.TRIGGER), slow, inbox, bell)
    running = asyncio.create_task(loop.run())
    await held.reached.wait()
    await act(road, 7)
    held.open.set()

    async def written() -> bool:
        return await road.written(Service.TRIGGER) == 1

    await until(written, 5)
    loop.stop()
    await asyncio.wait_for(running, 5)
    assert held.outcomes == [Committed.FENCED, Committed.DONE]
    assert await process.database[ECHO].distinct("epoch") == [7]


async def post_until(road: RoadUnderTest, over: asyncio.Event) -> None:
    """One request after the other, the last of them when it is over."""
    while not over.is_set():
        await road.post(road.records(50))
    await road.post(road.records(50))


async def test_under_load_no_batch_of_older_flows_follows_an_act(road: RoadUnderTest) -> None:
    road.start()
    await road.post_all(250)
    await road.arrived()
    echo = road.process.database[ECHO]
    over = asyncio.Event()
    posting = asyncio.create_task(post_until(road, over))
    older = {}
    for epoch in range(1, 6):
        await asyncio.sleep(0.2)
        await act(road, epoch)
        older[epoch] = await echo.count_documents(FENCED | {"epoch": {"$lt": epoch}})
    over.set()
    await posting
    await road.arrived()
    for epoch, count in older.items():
        assert await echo.count_documents(FENCED | {"epoch": {"$lt": epoch}}) == count
    assert 5 in await echo.distinct("epoch", FENCED)
    await road.check()
