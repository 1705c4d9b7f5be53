"""Echo roads on real servers, with and without a bus."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest_asyncio

from tests.support.echo import open_echo
from tests.support.mongod import Database
from tests.support.road import RoadUnderTest

OpenRoad = Callable[..., Awaitable[RoadUnderTest]]


@pytest_asyncio.fixture
async def open_road(mongo_url: str, database: Database) -> AsyncIterator[OpenRoad]:
    """Opens a road in the test's database, over the bus if given one; ended and closed after the test."""
    async with AsyncExitStack() as stack:

        async def open_(amqp_url: str | None = None, *, copies: int = 1) -> RoadUnderTest:
            process = await open_echo(mongo_url, database.name, amqp_url, copies=copies)
            await stack.enter_async_context(process.closing)
            bus = ["--amqp", amqp_url] if amqp_url else []
            road = RoadUnderTest(process, [mongo_url, database.name, *bus])
            stack.callback(road.end)
            return road

        yield open_


@pytest_asyncio.fixture
async def road(open_road: OpenRoad) -> RoadUnderTest:
    """Without a bus."""
    return await open_road()


@pytest_asyncio.fixture
async def bus_road(open_road: OpenRoad, amqp_url: str) -> RoadUnderTest:
    """Over RabbitMQ."""
    return await open_road(amqp_url)
