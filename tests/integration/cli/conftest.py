"""`headrace up` as people start it, and the other commands against it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from common.adapters.mongod_binary import Unsupported, find_mongod
from tests.support.missing import missing
from tests.support.ports import free_port

START_SECONDS = 90
OWN = ("HEADRACE_",)


def environment(folder: Path) -> dict[str, str]:
    """This one without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return kept | {"HEADRACE_DATA_DIR": str(folder)}


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def headrace(folder: Path, *arguments: str, **variables: str) -> Done:
    """One command, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments],
        env=environment(folder) | variables, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


class Up:
    """A running `headrace up` with a data folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "up.log"
        command = [sys.executable, "-m", "services.cli", "up", "--port", str(self.port), *arguments]
        with self.log.open("ab") as log:
            own = environment(folder) | variables
            self._process = subprocess.Popen(command, env=own, stdout=log, stderr=log)

    def ready(self) -> "Up":
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return self
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"headrace up is not ready:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout=60)
        finally:
            self._process.kill()

    def headrace(self, *arguments: str) -> Done:
        """A command for this installation, with the key from its data folder."""
        return headrace(self.folder, *arguments, HEADRACE_URL=self.url)

    def good(self, *arguments: str) -> str:
        """What a command that works writes."""
        done = self.headrace(*arguments)
        assert done.code == 0, done.err + done.out
        return done.out

    def bad(self, *arguments: str) -> str:
        """What a command that fails complains of."""
        done = self.headrace(*arguments)
        assert done.code == 1, done.err + done.out
        assert "Traceback" not in done.err
        return done.err


def need_mongod() -> None:
    try:
        find_mongod()
    except Unsupported as error:
        missing(str(error))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """An installation without anything in it, whose clock stands at the start of 1997 until it is moved."""
    need_mongod()
    running = Up(tmp_path_factory.mktemp("up"), "--empty", "--clock", "1997-01-01", "--speed", "1")
    try:
        yield running.ready()
    finally:
        running.stop()
