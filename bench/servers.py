"""What every bench starts: a private MongoDB and broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.mongod import TestMongod, running_mongod
from tests.support.rabbitmq import RabbitNode, running_node

CACHE_GB = 2.0
"""Of MongoDB. The embedded one's quarter is for trying out: a million people do not fit it."""


@contextmanager
def servers() -> Iterator[tuple[TestMongod, RabbitNode]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        a_mongod, a_node = contextmanager(running_mongod), contextmanager(running_node)
        with a_mongod(folder / "mongod", CACHE_GB) as mongod, a_node(folder / "rabbitmq") as node:
            yield mongod, node
