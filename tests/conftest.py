"""Real servers for the tests, one of each a run, on free ports and in temporary folders."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from tests.support.mongod import Database, TestMongod, running_mongod
from tests.support.rabbitmq import RabbitNode, running_node


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestMongod]:
    """The run's MongoDB server, a one-node replica set."""
    yield from running_mongod(tmp_path_factory.mktemp("mongod"))


@pytest.fixture
def mongo_url(mongod: TestMongod) -> str:
    """Where the run's MongoDB answers. A test may kill it; the next one finds it started again."""
    mongod.start()
    return mongod.url


@pytest_asyncio.fixture
async def database(mongod: TestMongod, mongo_url: str) -> AsyncIterator[Database]:
    """A client and the name of an empty database, dropped after the test."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url, tz_aware=True)
    name = f"test_{uuid4().hex[:12]}"
    async with client:
        yield Database(client, name)
        mongod.start()
        await client.drop_database(name)


@pytest.fixture(scope="session")
def rabbitmq_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """The run's RabbitMQ, whatever state the last test left it in; use `rabbitmq`."""
    yield from running_node(tmp_path_factory.mktemp("rabbitmq"))


@pytest.fixture
def rabbitmq(rabbitmq_node: RabbitNode) -> RabbitNode:
    """The run's RabbitMQ, running. A test may stop or kill it; the next one finds it started again."""
    rabbitmq_node.start()
    return rabbitmq_node


@pytest.fixture
def amqp_url(rabbitmq: RabbitNode) -> Iterator[str]:
    """The address of a virtual host of the test's own."""
    host = rabbitmq.take_host()
    yield rabbitmq.url(host)
    rabbitmq.give_back_host(host)
