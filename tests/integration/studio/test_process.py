"""`python -m services.studio` as an operator sees it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.mongod import Database


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def studio_process(tmp_path: Path, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.studio"],
            env=os.environ | {"HEADRACE_DATA_DIR": str(tmp_path)} | variables,
            stderr=log,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_until_ready(base: str, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{base}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the studio did not become ready")


def test_it_serves_until_it_is_told_to_stop(database: Database, mongo_url: str, tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    variables = {
        "HEADRACE_MONGODB_URL": mongo_url,
        "HEADRACE_DATABASE": database.name,
        "HEADRACE_PORT": str(port),
    }
    with studio_process(tmp_path, **variables) as process:
        wait_until_ready(base, process)
        assert httpx.get(f"{base}/livez").status_code == 200
        assert "headrace_batch_seconds" in httpx.get(f"{base}/metrics").text
        key = (tmp_path / "key").read_text().strip()
        listed = httpx.get(f"{base}/v1/flows", headers={"X-API-Key": key})
        assert listed.json() == {"items": [], "next": None}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    log = (tmp_path / "log").read_text()
    assert '"event": "process_stopped"' in log
    assert key not in log


def test_a_taken_port_is_told_in_plain_words(database: Database, mongo_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        variables = {
            "HEADRACE_MONGODB_URL": mongo_url,
            "HEADRACE_DATABASE": database.name,
            "HEADRACE_PORT": str(port),
        }
        with studio_process(tmp_path, **variables) as process:
            assert process.wait(timeout=20) == 1
    log = (tmp_path / "log").read_text()
    assert f"can't listen on 127.0.0.1:{port}" in log
    assert "Traceback" not in log


def test_production_without_its_secrets_does_not_start(tmp_path: Path) -> None:
    with studio_process(tmp_path, HEADRACE_ENVIRONMENT="production") as process:
        assert process.wait(timeout=20) == 1
    told = (tmp_path / "log").read_text()
    assert "must be set in production" in told
    for variable in ("HEADRACE_MONGODB_URL", "HEADRACE_SECRET", "HEADRACE_SMTP_URL", "HEADRACE_PUBLIC_URL"):
        assert variable in told
    assert "Traceback" not in told
