"""A MongoDB server of one's own: the mongod of a Python wheel, run as a one-node replica set.

For trying out, development and tests. Its release (6.0.5) has a known hole in zlib compression
(CVE-2025-14847), so zlib is switched off and only the loopback address is served.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from common.adapters.child_process import start_child
from common.adapters.mongod_binary import find_mongod

REPLICA_SET = "headrace"
LOOPBACK = "127.0.0.1"

STARTED = "mongod.started"
STOPPED = "mongod.stopped"
KILLED = "mongod.killed"
LEFT_BEHIND = "mongod.left_behind"

log = structlog.get_logger(__name__)


class FolderInUse(Exception):
    """Another living process runs a mongod on this data folder."""

    def __init__(self, folder: Path, served: "Served") -> None:
        super().__init__(
            f"{folder} is in use: process {served.owner} runs a MongoDB on it "
            f"(process {served.pid}, {url_of(served.port)}); stop that one first, or choose another folder"
        )
        self.folder = folder
        self.served = served


class StartFailed(Exception):
    """The mongod ended, or did not answer in time; `log` is its log file."""

    def __init__(self, why: str, log_file: Path) -> None:
        super().__init__(f"the embedded MongoDB did not start: {why}; its log is {log_file}")
        self.log_file = log_file


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves a folder, as noted in it: the mongod, its port, and the process that started it.

    `owner_born` tells the owner from a later process with its id (clock ticks after boot).
    """

    pid: int
    port: int
    owner: int
    owner_born: int | None


def url_of(port: int) -> str:
    """The connection string of an embedded mongod."""
    return f"mongodb://{LOOPBACK}:{port}/?replicaSet={REPLICA_SET}"


class EmbeddedMongod:
    """One mongod on one data folder. `port` 0: the one used before if it is free, else any free one.

    `start` and `stop` block, for seconds. The mongod gets SIGTERM when this process dies, however it dies;
    killed itself, it recovers at the next start from its journal. `cache_gb`: WiredTiger's cache.
    """

    def __init__(self, folder: Path, port: int = 0, cache_gb: float = 0.25) -> None:
        self.folder = folder
        self.log_file = folder / "mongod.log"
        self.port = port
        self._cache_gb = cache_gb
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return url_of(self.port)

    @property
    def pid(self) -> int | None:
        """The living mongod's process id; `None` when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, timeout: float = 60) -> None:
        """Returns when the node is primary. Raises `Unsupported`, `FolderInUse` or `StartFailed`."""
        if self.pid is not None:
            return
        binary = find_mongod()
        (self.folder / "db").mkdir(parents=True, exist_ok=True)
        before = self._note()
        if before is not None:
            self._clear(before, timeout)
        self.port = self.port or self._choose_port(before)
        deadline = time.monotonic() + timeout
        self._spawn(self._command(binary))
        try:
            self._become_primary(deadline)
        except BaseException:
            self.stop()
            raise
        log.info(STARTED, folder=str(self.folder), port=self.port, pid=self.pid)

    def stop(self, timeout: float = 30) -> None:
        """Stop cleanly; killed if that takes longer than `timeout` seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            log.warning(KILLED, folder=str(self.folder), pid=process.pid)
            process.kill()
            process.wait()
        self._note_file.unlink(missing_ok=True)
        log.info(STOPPED, folder=str(self.folder), port=self.port)

    def __enter__(self) -> "EmbeddedMongod":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _note_file(self) -> Path:
        return self.folder / "mongod.json"

    def _note(self) -> Served | None:
        """Who served the folder last and did not stop cleanly."""
        try:
            return Served(**json.loads(self._note_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _clear(self, served: Served, timeout: float) -> None:
        """See to it that nobody serves the folder; a mongod whose owner died is on its way out."""
        if not _is_mongod_of(served.pid, self.folder):
            return
        if served.owner_born is not None and _born(served.owner) == served.owner_born:
            raise FolderInUse(self.folder, served)
        log.warning(LEFT_BEHIND, folder=str(self.folder), pid=served.pid)
        os.kill(served.pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while _is_mongod_of(served.pid, self.folder):
            if time.monotonic() > deadline:
                raise StartFailed(f"an earlier one (process {served.pid}) does not end", self.log_file)
            time.sleep(0.05)

    def _choose_port(self, before: Served | None) -> int:
        wanted = (before.port, 0) if before is not None else (0,)
        for port in wanted:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((LOOPBACK, port))
                except OSError:
                    continue
                return int(probe.getsockname()[1])
        raise StartFailed("no free port", self.log_file)

    def _command(self, binary: Path) -> list[str]:
        return [
            str(binary),
            *("--dbpath", str(self.folder / "db")),
            *("--logpath", str(self.log_file), "--logRotate", "reopen", "--logappend"),
            *("--bind_ip", LOOPBACK, "--port", str(self.port), "--nounixsocket"),
            *("--replSet", REPLICA_SET, "--oplogSize", "990"),
            *("--networkMessageCompressors", "snappy,zstd"),
            *("--wiredTigerCacheSizeGB", str(self._cache_gb)),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]

    def _spawn(self, command: list[str]) -> None:
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        try:
            self._process = start_child(command)
        except OSError as error:
            raise StartFailed(str(error), self.log_file) from None
        served = Served(self._process.pid, self.port, os.getpid(), _born(os.getpid()))
        self._note_file.write_text(json.dumps(asdict(served)))

    def _become_primary(self, deadline: float) -> None:
        client: MongoClient[dict[str, Any]]
        with MongoClient(
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=200, connectTimeoutMS=1000
        ) as client:
            self._until(deadline, "it does not answer", lambda: client.admin.command("ping"))
            self._until(deadline, "it does not join its replica set", lambda: self._join(client))
            self._until(deadline, "it does not become primary", lambda: self._is_primary(client))

    def _until(self, deadline: float, trouble: str, done: Callable[[], Any]) -> None:
        while True:
            if self.pid is None:
                raise StartFailed("it ended at once", self.log_file)
            try:
                if done():
                    return
            except PyMongoError as error:
                trouble = f"{trouble.partition(' (')[0]} ({error})"
            if time.monotonic() > deadline:
                raise StartFailed(trouble, self.log_file)
            time.sleep(0.02)

    def _join(self, client: MongoClient[dict[str, Any]]) -> bool:
        """Initiate the set on a new folder; tell it its new address if the port changed."""
        host = f"{LOOPBACK}:{self.port}"
        config = client["local"]["system.replset"].find_one()
        if config is None:
            members = [{"_id": 0, "host": host}]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        elif config["members"][0]["host"] != host:
            config["members"][0]["host"] = host
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)
        return True

    def _is_primary(self, client: MongoClient[dict[str, Any]]) -> bool:
        hello = client.admin.command("hello")
        return bool(hello.get("isWritablePrimary"))


def _born(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; `None`: there is none."""
    try:
        stat_line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat_line.rpartition(")")[2].split()[19])


def _is_mongod_of(pid: int, folder: Path) -> bool:
    """Whether that process is a running mongod on this folder (ids are used again)."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(folder / "db") in words
