"""Whatever becomes of copies, each record is decided once at every stage, and a contact's in one order."""

import asyncio
from itertools import product

import pytest

from common.messages.topology import ROAD, Service, queue_name
from tests.integration.road.conftest import OpenRoad
from tests.support.rabbitmq import RabbitNode
from tests.support.road import RoadUnderTest, until

pytestmark = pytest.mark.mongo


async def test_without_a_bus_records_travel_the_road_in_order(road: RoadUnderTest) -> None:
    road.start()
    await road.post_all(2_000)
    await road.arrived()
    await road.check()


@pytest.mark.rabbitmq
async def test_tickets_delivered_three_times_over_are_decided_once(
    open_road: OpenRoad, amqp_url: str
) -> None:
    road = await open_road(amqp_url, copies=3)
    road.start(copies=3)
    road.start(copies=3)
    await road.post_all(5_000)
    await road.arrived()
    await road.check(as_posted=False)


@pytest.mark.rabbitmq
async def test_with_every_queue_purged_all_arrives_by_the_sweep(
    bus_road: RoadUnderTest, rabbitmq: RabbitNode, amqp_url: str
) -> None:
    bus_road.start()
    await bus_road.post_all(250)
    await bus_road.arrived()
    queues = [queue_name(service, p) for service, p in product(ROAD, range(bus_road.process.partitions))]
    host = amqp_url.rsplit("/", 1)[1]
    posting = asyncio.create_task(bus_road.post_all(1_500, request=50, pause=0.02))
    while not posting.done():
        await rabbitmq.purge(*queues, host=host)
    await posting
    await rabbitmq.purge(*queues, host=host)
    await bus_road.arrived()
    await bus_road.check(as_posted=False)


@pytest.mark.rabbitmq
async def test_a_copy_whose_ticket_is_gone_is_dropped(bus_road: RoadUnderTest) -> None:
    bus_road.start()
    await bus_road.post_all(250)
    await bus_road.arrived()
    process = bus_road.process
    copied = bus_road.records(1)
    await bus_road.post(copied)
    tickets = [ticket for p in range(process.partitions)
               for ticket in await process.work.waiting_for(Service.TRIGGER, p, 1)]  # fmt: skip
    await bus_road.arrived()
    process.courier.publish(tickets)
    await bus_road.post_all(100, request=10)
    await bus_road.arrived()

    async def nothing_waits() -> bool:
        return not await process.work.waiting()

    await until(nothing_waits)
    await bus_road.check(as_posted=False)
