"""A sender's world on real servers, empty before each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from common.adapters.mongo.client import connect
from common.adapters.mongo.collections import ensure_collections
from tests.support.mongod import Database
from tests.support.sending import PARTITIONS, World
from tests.support.smtp_sink import SmtpSink


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    sink = SmtpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest_asyncio.fixture
async def world(mongo_url: str, database: Database, sink: SmtpSink) -> AsyncIterator[World]:
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    world = World(handle, sink.port)
    await world.partitions.ensure(PARTITIONS)
    yield world
    await world.close()
    await handle.client.close()
