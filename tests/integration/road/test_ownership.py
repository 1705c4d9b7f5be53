"""Processes come, go, hang and die; each partition has one owner whose word counts."""

import asyncio
import signal
from collections import defaultdict
from dataclasses import replace

import pytest

from common.messages.topology import ROAD, Service
from common.ports import Committed
from common.runtime.inbox import Inbox
from common.runtime.partition import PartitionLoop
from tests.integration.road.conftest import OpenRoad
from tests.support.echo import EchoHandler
from tests.support.holding import HoldingBatches
from tests.support.road import RoadUnderTest

pytestmark = pytest.mark.mongo


async def owners(road: RoadUnderTest) -> dict[str, set[tuple[str, int]]]:
    """By member, its partitions of the road."""
    found = defaultdict(set)
    for row in await road.process.rows.rows():
        if row["owner"] is not None and row["service"] in ROAD:
            found[row["owner"]].add((row["service"], row["partition"]))
    return found


async def spread(road: RoadUnderTest, members: int, seconds: float = 30) -> None:
    """Until so many processes share all partitions as they should: p belongs to live[p % n]."""
    async with asyncio.timeout(seconds):
        while True:
            live = await road.process.rows.live(Service.TRIGGER)
            wanted = {
                member: {(service, p) for service in ROAD for p in range(road.process.partitions)
                         if live[p % len(live)] == member}
                for member in live
            }  # fmt: skip
            if len(live) == members and await owners(road) == wanted:
                return
            await asyncio.sleep(0.1)


async def test_a_late_owner_commits_nothing_and_drops_the_partition(road: RoadUnderTest) -> None:
    process = road.process
    held = HoldingBatches(process.batches)
    slow = replace(process.road(), batches=held)
    await road.post(road.records(50))
    partition = next(p for s, p in await process.work.waiting())
    own = await process.rows.acquire(Service.TRIGGER, partition, "late")
    assert own is not None
    bell = process.bells.of(Service.TRIGGER, partition)
    inbox = Inbox(own, process.work, process.courier, bell, process.inboxes)
    loop = PartitionLoop(own, EchoHandler(Service.TRIGGER), slow, inbox, bell)
    running = asyncio.create_task(loop.run())
    await held.reached.wait()
    assert await process.rows.acquire(Service.TRIGGER, partition, "next") is not None
    held.open.set()
    await asyncio.wait_for(running, 5)
    assert held.outcomes == [Committed.FENCED]
    assert await road.written(Service.TRIGGER) == 0
    assert (Service.TRIGGER, partition) in await process.work.waiting()


async def test_a_process_that_slept_through_its_lease_wakes_up_to_other_owners(road: RoadUnderTest) -> None:
    late = road.start()
    await spread(road, 1)
    posting = asyncio.create_task(road.post_all(3_000, request=100, pause=0.05))
    await asyncio.sleep(0.5)
    late.send(signal.SIGSTOP)
    road.start()
    await posting
    await road.arrived(seconds=25)
    late.send(signal.SIGCONT)
    await road.post_all(500, request=100)
    await road.arrived()
    await spread(road, 2)
    await road.check(as_posted=False)


@pytest.mark.rabbitmq
async def test_processes_join_and_leave_under_load(open_road: OpenRoad, amqp_url: str) -> None:
    road = await open_road(amqp_url)
    first = road.start()
    await spread(road, 1)
    posting = asyncio.create_task(road.post_all(5_000, request=50, pause=0.1))
    second = road.start()
    road.start()
    await spread(road, 3)
    first.send(signal.SIGTERM)
    assert await first.ended() == 0
    await spread(road, 2)
    second.send(signal.SIGKILL)
    await spread(road, 1)
    await posting
    await road.arrived()
    await road.check(as_posted=False)
