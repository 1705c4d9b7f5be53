"""`headrace participants` and what it sets for those who match."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.command_line import participant_commands
from services.command_line.failures import CommandFailed
from services.command_line.installation import Installation

ROW = {
    "contact": "7", "name": "Ada", "email": None, "company": None, "status": "dropped_out", "step": "rest",
    "enrolled_at": "2026-03-02T12:00:00Z", "since": "2026-03-02T12:00:00Z", "until": None,
    "reason": "no_consent", "reason_text": None, "message_status": "soft_bounced",
    "last_message": {"content": "hello", "at": "2026-03-03T08:30:00Z", "status": "failed"},
}  # fmt: skip


class Executor(httpx.BaseTransport):
    """Takes two requests for each task that is set."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.listed: list[dict[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self.listed.append(dict(request.url.params))
            return httpx.Response(200, json={"participants": [ROW], "next": None})
        self.asked.append(json.loads(request.read()))
        more = "1.p" if self.asked[-1]["after"] is None else None
        return httpx.Response(202, json={"id": "t", "taken": 5, "repeated": 1, "next": more})


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    answering = Executor()
    installation = Installation("http://headrace.invalid", "key")
    with httpx.Client(base_url=installation.url, transport=answering) as client:
        monkeypatch.setattr(installation, "_http", client)
        monkeypatch.setattr(participant_commands, "connect", lambda url, key: installation)
        yield answering


def said(*arguments: str, answer: str | None = None, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["participants", "hello", *arguments], input=answer)
    assert result.exit_code == code, result.output
    return result.output


def test_only_those_who_match_are_asked_for(executor: Executor) -> None:
    said("--status", "dropped_out", "--reason", "no_consent", "--step", "rest", "--search", "ada@example.org")
    assert executor.listed == [
        {
            "flow": "hello", "limit": "100", "status": "dropped_out", "reason": "no_consent", "step": "rest",
            "search": "ada@example.org",
        }
    ]  # fmt: skip


def test_the_last_message_is_shown_with_its_date_and_how_it_fares() -> None:
    cells = participant_commands.cells(ROW)
    assert (cells["Last message"], cells["Sent"]) == ("hello (soft bounced)", "2026-03-03 08:30")


def test_a_task_goes_on_under_one_id_until_nobody_is_left(executor: Executor) -> None:
    assert "10 taken, 2 had it" in said("--status", "active", "--add-to", "vips")
    first, second = executor.asked
    assert (first["after"], second["after"]) == (None, "1.p")
    assert first["id"] == second["id"]
    assert first["matching"] == {"status": "active"}
    assert first["task"] == {"kind": "add_to_selection", "selection": "vips"}


def test_nobody_is_removed_unasked(executor: Executor) -> None:
    assert "everybody in hello" in said("--remove", answer="n\n", code=1)
    assert not executor.asked
    said("--remove", "--yes")
    assert executor.asked[0]["task"] == {"kind": "remove"}


def test_one_thing_is_done_at_a_time() -> None:
    with pytest.raises(CommandFailed, match="one thing at a time"):
        participant_commands.wanted_task("vips", "other", remove=False)
