"""`headrace up`: the demo within a newcomer's minute, and time that stands while nothing runs."""

import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.cli.conftest import Up, headrace, need_mongod

pytestmark = pytest.mark.mongo

MINUTE = 60.0


def read(up: Up, path: str) -> Any:
    key = (up.folder / "key").read_text().strip()
    answer = httpx.get(up.url + path, headers={"Authorization": f"Bearer {key}"}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def sent(report: Any) -> set[str]:
    """The mails of which at least one was handed over."""
    return {mail["content"] for mail in report["messages"] if mail["by_state"]["done"]}


def test_within_a_minute_people_move_mail_arrives_and_somebody_succeeds(tmp_path: Path) -> None:
    need_mongod()
    began = time.monotonic()
    up = Up(tmp_path, "--demo")
    try:
        up.ready()
        while True:
            try:
                report = read(up, "/v1/reports/flows/welcome")
            except httpx.HTTPStatusError:
                report = None  # the flow is not there yet
            if report and report["by_status"]["finished_with_success"] and report["completed"] > 2:
                break
            assert time.monotonic() - began < MINUTE, up.log.read_text()[-4000:]
            time.sleep(0.5)
        page = httpx.get(f"{up.url}/mailbox").text
        assert "@example.org" in page
        assert "Something for your first order" in page
        for path in ("/", "/mailbox", "/mailbox/1", "/phone", "/metrics"):
            elsewhere = httpx.get(up.url + path, headers={"Host": f"elsewhere.example:{up.port}"})
            assert elsewhere.status_code == 421, path
        assert report["refused"]["filter"] > 0
        first_lines = up.log.read_text()
        assert f"http://localhost:{up.port}/mailbox" in first_lines
        assert str(tmp_path / "key") in first_lines
    finally:
        code = up.stop()
    assert code == 0
    assert "Traceback" not in up.log.read_text()


def test_business_time_stands_while_nothing_runs_and_goes_on_from_there(tmp_path: Path) -> None:
    need_mongod()
    arguments = ("--empty", "--clock", "1997-01-01", "--speed", "1d/s")
    first = Up(tmp_path, *arguments)
    try:
        before = read(first.ready(), "/v1/clock")["now"]
        (tmp_path / "one.jsonl").write_text('{"id": "1", "type": "trial.started", "contact": "1"}')
        first.good("post", str(tmp_path / "one.jsonl"))
    finally:
        assert first.stop() == 0
    time.sleep(1)
    still = Up(tmp_path)
    try:
        stopped = read(still.ready(), "/v1/clock")
        assert "--speed sets it going" in still.log.read_text()
    finally:
        assert still.stop() == 0
    again = Up(tmp_path, *arguments)
    try:
        after = read(again.ready(), "/v1/clock")
    finally:
        assert again.stop() == 0
    assert before.startswith("1997-01")
    assert before < stopped["now"] < after["now"] < "1998"
    assert (stopped["mode"], after["mode"], after["speed"]) == ("step", "running", 86_400)


def test_a_port_that_another_program_has_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = headrace(tmp_path, "up", "--port", str(other.getsockname()[1]))
    assert done.code == 1
    assert "can't listen on 127.0.0.1" in done.err
    assert len(done.err.splitlines()) == 1


def test_settings_that_make_no_sense_are_told_by_their_names(tmp_path: Path) -> None:
    done = headrace(tmp_path, "up", HEADRACE_SMTP_URL="mail.example.org")
    assert done.code == 1
    assert "HEADRACE_SMTP" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("option", [("--speed", "fast"), ("--clock", "soon")])
def test_a_clock_that_is_none_is_a_mistake_of_the_command(tmp_path: Path, option: tuple[str, str]) -> None:
    assert headrace(tmp_path, "up", *option).code == 2
