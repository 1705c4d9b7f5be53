"""Real servers for the tests, one of each a run, on free ports and in temporary folders."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import structlog
from pymongo import AsyncMongoClient

from tests.support.folders import server_folder
from tests.support.mongod import Database, TestMongod, running_mongod
from tests.support.rabbitmq import RabbitNode, running_node
from tests.support.sink_process import SinkProcess

PLAIN = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[structlog.processors.add_log_level, PLAIN])

CACHE_GB = 1.0 if os.environ.get("HEADRACE_CHAOS") == "long" else 0.25
"""Of MongoDB: the long forms write more than what is for trying out holds."""


@pytest.fixture(scope="session")
def mongod() -> Iterator[TestMongod]:
    """The run's MongoDB server, a one-node replica set."""
    with server_folder() as folder:
        yield from running_mongod(folder, CACHE_GB)


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
def rabbitmq_node() -> Iterator[RabbitNode]:
    """The run's RabbitMQ, whatever state the last test left it in; use `rabbitmq`."""
    with server_folder() as folder:
        yield from running_node(folder)


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


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SinkProcess]:
    """A real SMTP server in a process of its own, which nothing kills."""
    process = SinkProcess(tmp_path / "mails.jsonl")
    yield process
    process.stop()


@pytest.fixture
def environment(tmp_path: Path, mongo_url: str, database: Database, sink: SinkProcess) -> dict[str, str]:
    """What the processes of an installation are told; without a bus.

    Two partitions: on two cores, stepping through a year and a half costs less the fewer there are.
    """
    return {
        "HEADRACE_MONGODB_URL": mongo_url,
        "HEADRACE_DATABASE": database.name,
        "HEADRACE_DATA_DIR": str(tmp_path / "data"),
        "HEADRACE_SMTP_URL": f"smtp://127.0.0.1:{sink.port}",
        "HEADRACE_PARTITIONS": os.environ.get("HEADRACE_TEST_PARTITIONS", "2"),
        "HEADRACE_SMTP_POOL": "4",
        "HEADRACE_SMTP_TIMEOUT": "2",
        "HEADRACE_SMTP_LEASE": "6",
        "HEADRACE_SMS_TIMEOUT": "2",
        "HEADRACE_WEBHOOK_TIMEOUT": "2",
        "HEADRACE_SECRET": "a secret of the tests, long enough to be taken",
    }
