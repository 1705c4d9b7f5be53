"""What every bench starts and reads off: a private MongoDB and broker, and what processes use (Linux)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.mongod import TestMongod, running_mongod
from tests.support.rabbitmq import RabbitNode, running_node

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def servers() -> Iterator[tuple[TestMongod, RabbitNode]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        a_mongod, a_node = contextmanager(running_mongod), contextmanager(running_node)
        with a_mongod(folder / "mongod") as mongod, a_node(folder / "rabbitmq") as node:
            yield mongod, node


def cpu_seconds(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_megabytes(pid: int) -> float:
    """Memory that the process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1_000_000
