"""A MongoDB server for the tests, to be killed and started again at will."""

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient

from common.adapters.embedded_mongod import EmbeddedMongod
from common.adapters.mongod_binary import Unsupported
from tests.support.missing import missing

PAGE = 4096


class Database(NamedTuple):
    """An empty database of one test: a client, and the name under which the test may write."""

    client: AsyncMongoClient[dict[str, Any]]
    name: str


class TestMongod(EmbeddedMongod):
    """The embedded mongod with a way to pull its plug; `start` brings it back on the same port."""

    __test__ = False

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        pid = self.pid
        assert pid is not None, "mongod does not run"
        os.kill(pid, signal.SIGKILL)
        self.gone()

    def pause(self) -> None:
        """SIGSTOP: it takes in what is sent and says nothing, until `go_on`."""
        pid = self.pid
        assert pid is not None, "mongod does not run"
        os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT: it does what it was sent meanwhile."""
        pid = self.pid
        assert pid is not None, "mongod does not run"
        os.kill(pid, signal.SIGCONT)

    def fill_disk(self) -> None:
        """From now on its files may not grow: the next write behind the first page is refused. It ends by that."""
        pid = self.pid
        assert pid is not None, "mongod does not run"
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (PAGE, most))

    def gone(self, seconds: float = 30) -> None:
        """Returns when the process is gone."""
        until = time.monotonic() + seconds
        while self.pid is not None:
            assert time.monotonic() < until, "mongod does not end"
            time.sleep(0.01)


def running_mongod(folder: Path, cache_gb: float = 0.25) -> Iterator[TestMongod]:
    """A mongod in that folder, stopped at the end; skips or fails where none can run."""
    mongod = TestMongod(folder, cache_gb=cache_gb)
    try:
        mongod.start()
    except Unsupported as error:
        missing(str(error))
    try:
        yield mongod
    finally:
        mongod.stop()
