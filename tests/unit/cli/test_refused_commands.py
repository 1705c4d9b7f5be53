"""`headrace refused` against what the trigger answers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.command_line import refused_commands
from services.command_line.failures import CommandFailed
from services.command_line.installation import Installation

ERRORS = [{"pointer": "#/type", "detail": "is required"}, {"pointer": "#/id", "detail": "is required"}]


def message(name: str, at: str) -> dict[str, Any]:
    return {"id": name, "at": at, "way": "amqp", "size": 12, "errors": ERRORS, "body": "{}"}


class Trigger(httpx.BaseTransport):
    """Answers as the service does, two pages of one message each."""

    def __init__(self) -> None:
        self.kept = {
            "b": message("b", "2026-03-02T12:00:00Z"),
            "c": message("c", "2026-03-02T11:00:00Z"),
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix(refused_commands.PATH).strip("/")
        if not name:
            left = sorted(each for each in self.kept if each > request.url.params.get("after", ""))
            rows = [self.kept[each] for each in left[:1]]
            return httpx.Response(200, json={"refused": rows, "next": left[0] if len(left) > 1 else None})
        if name not in self.kept:
            return httpx.Response(404, json={"detail": f"there is no refused message {name!r}"})
        if request.method == "DELETE":
            del self.kept[name]
            return httpx.Response(204)
        return httpx.Response(200, json=self.kept[name])


@pytest.fixture
def trigger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trigger]:
    answering = Trigger()
    installation = Installation("http://headrace.invalid", "key")
    with httpx.Client(base_url=installation.url, transport=answering) as client:
        monkeypatch.setattr(installation, "_http", client)
        monkeypatch.setattr(refused_commands, "connect", lambda url, key: installation)
        yield answering


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["refused", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_all_pages_are_listed_the_oldest_first_with_the_first_error(trigger: Trigger) -> None:
    lines = run("list").splitlines()

    assert [line.split()[0] for line in lines] == ["ID", "c", "b"]
    assert "#/type is required (and 1 more)" in lines[1]


def test_one_is_shown_with_all_its_errors(trigger: Trigger) -> None:
    assert run("show", "b").count("is required") == 2


def test_the_named_ones_are_dropped_or_all_of_them(trigger: Trigger) -> None:
    assert run("drop", "b") == "refused message b: dropped\n"
    assert set(trigger.kept) == {"c"}
    run("drop", "--all")
    assert not trigger.kept
    assert run("list") == "Nothing is refused.\n"


def test_without_a_name_nothing_is_dropped(trigger: Trigger) -> None:
    for arguments in ([], ["b", "--all"]):
        with pytest.raises(CommandFailed, match="by their ids, or say --all"):
            run("drop", *arguments)
    assert len(trigger.kept) == 2
