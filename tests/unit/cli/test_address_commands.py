"""`headrace addresses` against what the studio answers."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.command_line import address_commands
from services.command_line.installation import Installation

ROW = {
    "address": "ada@example.org", "reason": "550", "bounces": 1, "blocked": True,
    "at": "2026-03-02T12:00:00Z", "complained_at": None,
}  # fmt: skip


class Studio(httpx.BaseTransport):
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(".csv"):
            return httpx.Response(200, text="address\r\nada@example.org\r\n")
        if request.method == "GET":
            return httpx.Response(200, json={"items": [ROW], "next": None})
        self.asked.append(json.loads(request.read()))
        more = "b@example.org" if self.asked[-1]["after"] is None else None
        return httpx.Response(202, json={"id": "t", "taken": 2, "nobody": [], "next": more})


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    answering = Studio()
    installation = Installation("http://headrace.invalid", "key")
    with httpx.Client(base_url=installation.url, transport=answering) as client:
        monkeypatch.setattr(installation, "_http", client)
        monkeypatch.setattr(address_commands, "connect", lambda url, key: installation)
        yield answering


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["addresses", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_list_is_shown_and_exported(studio: Studio) -> None:
    assert "ada@example.org" in said("blocked")
    assert json.loads(said("complaints", "--json")) == [ROW]
    assert said("blocked", "--csv").splitlines()[0] == "address"


def test_a_task_goes_on_under_one_id_to_the_end_of_the_list(studio: Studio) -> None:
    assert said("blocked", "--retire") == "4 taken\n"
    first, second = studio.asked
    assert (first["id"], first["listed"]) == (second["id"], "blocked")
    assert (first["task"], second["after"]) == ({"kind": "mark_as_former_employee"}, "b@example.org")


def test_one_address_may_be_meant_alone(studio: Studio) -> None:
    said("blocked", "--address", "ada@example.org", "--unblock")
    assert (studio.asked[0]["addresses"], "listed" in studio.asked[0]) == (["ada@example.org"], False)
