"""Whatever becomes of copies, each record is decided once at every stage, and a contact's in one order."""

import asyncio
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
    await road.post_all(10_000)
    await road.arrived()
    await road.check(as_posted=False)
