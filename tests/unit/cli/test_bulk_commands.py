"""`headrace bulk` and `headrace enrol` against what the trigger answers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.command_line import bulk_commands
from services.command_line.installation import Installation

STATES = {"pause": "paused", "resume": "running", "cancel": "cancelled"}


class Trigger(httpx.BaseTransport):
    """One bulk enrolment that gets 400 people further each time it is looked at."""

    def __init__(self) -> None:
        self.suggested = 0
        self.state = "running"
        self.posted: list[list[str]] = []

    @property
    def view(self) -> dict[str, Any]:
        return {
            "id": "b", "flow": "hello", "selection": "vips", "state": self.state, "by": "key first",
            "started_at": "2026-03-02T12:00:00Z", "total": 1000, "suggested": self.suggested,
            "enrolled": self.suggested - 1, "refused": {"once_only": 1},
        }  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/enrolments":
            contacts = httpx.Response(200, content=request.read()).json()["contacts"]
            self.posted.append(contacts)
            return httpx.Response(202, json={"accepted": len(contacts) - 1, "duplicates": 1})
        match request.url.path.removeprefix(bulk_commands.PATH).strip("/").split("/"):
            case ["b", act]:
                self.state = STATES[act]
            case ["b"]:
                self.suggested = min(self.suggested + 400, 1000)
                self.state = "done" if self.suggested == 1000 else self.state
            case _:
                return httpx.Response(404, json={"detail": "there is no such bulk enrolment"})
        return httpx.Response(200, json=self.view)


@pytest.fixture
def trigger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trigger]:
    answering = Trigger()
    installation = Installation("http://headrace.invalid", "key")
    with httpx.Client(base_url=installation.url, transport=answering) as client:
        monkeypatch.setattr(installation, "_http", client)
        monkeypatch.setattr(bulk_commands, "connect", lambda url, key: installation)
        monkeypatch.setattr(bulk_commands, "LOOK_SECONDS", 0)
        yield answering


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_each_act_tells_what_is_true_afterwards(trigger: Trigger) -> None:
    for act, state in STATES.items():
        assert f"vips → hello) is {state}: " in said("bulk", act, "b")


def test_who_follows_is_told_when_it_is_over(trigger: Trigger) -> None:
    told = said("bulk", "show", "b", "--follow")
    assert "is done: 1000 of 1000 suggested, 999 enrolled, refused: 1 once only" in told


def test_who_follows_one_that_is_paused_comes_back_at_once(trigger: Trigger) -> None:
    trigger.state = "paused"
    assert "is paused: 400 of 1000" in said("bulk", "show", "b", "--follow")


def test_many_contacts_go_in_portions(trigger: Trigger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_commands, "MOST_CONTACTS", 2)
    named = [word for number in range(5) for word in ("--contact", str(number))]
    assert said("enrol", "hello", *named) == "2 suggested, 3 duplicates\n"
    assert trigger.posted == [["0", "1"], ["2", "3"], ["4"]]
