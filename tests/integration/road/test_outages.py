"""RabbitMQ and MongoDB go away for a while, politely or not."""

import asyncio
from collections.abc import Callable
from time import monotonic

import pytest

from common.ports import Unavailable
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode
from tests.support.road import RoadUnderTest, until

pytestmark = pytest.mark.mongo

QUEUES_SETTLE = 4.0
"""Seconds after their declaration in which a killed RabbitMQ 3.10 forgets who leads its quorum queues."""


@pytest.mark.rabbitmq
@pytest.mark.parametrize("away", [RabbitNode.stop, RabbitNode.kill], ids=["stopped", "killed"])
async def test_work_goes_on_while_rabbitmq_is_away_and_copies_flow_again_after(
    bus_road: RoadUnderTest, rabbitmq: RabbitNode, away: Callable[[RabbitNode], None]
) -> None:
    bus_road.start()
    await bus_road.post_all(500)
    await bus_road.arrived()
    await asyncio.sleep(QUEUES_SETTLE)
    posting = asyncio.create_task(bus_road.post_all(1_000, request=50, pause=0.05))
    await asyncio.to_thread(away, rabbitmq)
    await posting
    await bus_road.arrived()
    await asyncio.to_thread(rabbitmq.start)
    await until(lambda: copies_are_taken(bus_road))
    await bus_road.post_all(500)
    await bus_road.arrived()
    await bus_road.check(as_posted=False)


async def copies_are_taken(road: RoadUnderTest) -> bool:
    """Whether a record goes out with its copy."""
    courier = road.process.courier
    dropped = sum(courier.dropped.values())  # type: ignore[attr-defined]
    await road.post(road.records(1))
    await asyncio.sleep(0.5)
    return courier.connected() and sum(courier.dropped.values()) == dropped  # type: ignore[attr-defined]


async def test_nothing_accepted_is_lost_or_doubled_when_mongodb_is_killed(
    road: RoadUnderTest, mongod: TestMongod
) -> None:
    road.start()
    await road.post_all(500)
    await road.arrived()
    posting = asyncio.create_task(road.post_all(3_000, request=50, pause=0.02))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(mongod.kill)
    began = monotonic()
    with pytest.raises(Unavailable):
        await road.intake.submit(road.records(1))
    assert monotonic() - began < 4
    await asyncio.to_thread(mongod.start)
    await posting
    await road.arrived()
    await road.check(as_posted=False)
