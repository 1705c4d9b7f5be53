"""Whatever becomes of copies, each record is decided once at every stage, and a contact's in one order."""

import asyncio
import signal
from itertools import product

import pytest

from common.messages.topology import ROAD, Service, queue_name
from tests.integration.road.conftest import OpenRoad
from tests.support.rabbitmq import RabbitNode
from tests.support.road import RoadUnderTest

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
    owner = bus_road.start()
    await bus_road.post_all(250)
    await bus_road.arrived()
    queues = [queue_name(service, p) for service, p in product(ROAD, range(bus_road.process.partitions))]
    host = amqp_url.rsplit("/", 1)[1]
    owner.send(signal.SIGSTOP)
    await bus_road.post_all(1_500, request=25)
    purged = await rabbitmq.purge(*queues, host=host)
    owner.send(signal.SIGCONT)
    assert purged > 100, "the owner holds some copies already; all others are gone"
    posting = asyncio.create_task(bus_road.post_all(1_000, request=50, pause=0.02))
    while not posting.done():
        await rabbitmq.purge(*queues, host=host)
    await posting
    await bus_road.arrived()
    await bus_road.check(as_posted=False)


@pytest.mark.rabbitmq
async def test_a_late_copy_is_told_apart_by_an_owner_who_never_saw_its_ticket(
    bus_road: RoadUnderTest,
) -> None:
    process = bus_road.process
    await bus_road.post_all(250)
    late = [
        ticket
        for partition in range(process.partitions)
        for ticket in await process.work.waiting_for(Service.TRIGGER, partition, 1)
    ]
    first = bus_road.start()
    await bus_road.arrived()
    first.send(signal.SIGTERM)
    await first.ended()
    bus_road.start()
    await bus_road.post_all(250)
    await bus_road.arrived()
    process.courier.publish(late)
    await bus_road.post_all(250, request=25)
    await bus_road.arrived()
    await bus_road.check(as_posted=False)
