"""Mails shown from files with test data, with no server; and what is asked of one."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.cli import app
from services.command_line.failures import CommandFailed
from tests.unit.cli.conftest import Answer, Scripted

FLOWS = """\
kind: content
id: thanks
name: Thanks
subject: Thank you
preheader: 'From {{ owner.name }}'
html: '<p>{{ contact.first_name }}: {{ event.amount }} {{ fields.town }}</p><a href="{{ links.shop }}">Shop</a>'
links: {shop: https://example.org/shop}
---
id: winback
name: Win back
email: {from_name: Shop, from_address: shop@example.org, from_whom: our_contact}
steps:
  - {kind: send_email, id: first, content: thanks, subject: 'For {{ contact.first_name }}'}
"""
DATA = """\
contact: {first_name: Bo, email: bo@example.org}
owner: {name: Ada Lind, email: ada@example.org}
event: {amount: 12}
fields: {town: Lund}
"""
SECOND = "  - {kind: send_email, id: second, content: thanks}\n"
NOWHERE = "http://127.0.0.1:9"


def written(folder: Path, text: str, name: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.fixture
def flows(tmp_path: Path) -> str:
    return written(tmp_path, FLOWS, "flows.yaml")


@pytest.fixture
def data(tmp_path: Path) -> str:
    return written(tmp_path, DATA, "data.yaml")


def preview(*arguments: str, url: str = NOWHERE) -> None:
    app(args=["preview", *arguments, "--url", url, "--key", "key"], standalone_mode=False)


def refused(*arguments: str, url: str = NOWHERE) -> str:
    with pytest.raises(CommandFailed) as caught:
        preview(*arguments, url=url)
    return str(caught.value)


def test_a_mail_is_shown_from_files_with_test_data(
    flows: str, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    preview("thanks", flows, "--with", data)
    shown = capsys.readouterr()
    assert shown.out.splitlines()[:5] == [
        "Content:   thanks, step first",
        "From:      Ada Lind <ada@example.org>",
        "To:        bo@example.org",
        "Subject:   For Bo",
        "Preheader: From Ada Lind",
    ]
    assert "Bo: 12 Lund" in shown.out
    assert "https://example.org/shop" in shown.out
    assert shown.err == ""


def test_what_is_missing_is_warned_of(flows: str, capsys: pytest.CaptureFixture[str]) -> None:
    preview("thanks", flows)
    told = capsys.readouterr().err
    assert "warning: recipient: the contact has no e-mail address" in told
    for field, tag in (
        ("subject", "contact.first_name"),
        ("preheader", "owner.name"),
        ("html", "event.amount"),
        ("html", "fields.town"),
    ):
        assert f"warning: {field}: {{{{ {tag} }}}} stays empty" in told


def test_the_page_goes_into_a_file(
    flows: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preview("thanks", flows, "--with", data, "--html", str(tmp_path / "mail.html"))
    page = (tmp_path / "mail.html").read_text()
    assert "<p>Bo: 12 Lund</p>" in page
    assert "Content-Security-Policy" in page
    shown = capsys.readouterr().out
    assert "Subject:   For Bo" in shown
    assert shown.endswith(f"written to {tmp_path / 'mail.html'}\n")
    assert "Lund" not in shown
    assert "No such file or directory" in refused(
        "thanks", flows, "--html", str(tmp_path / "no" / "mail.html")
    )


def test_programs_get_what_an_installation_would_answer(
    flows: str, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    preview("thanks", flows, "--with", data, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["content"], shown["version"], shown["step"], shown["subject"]) == (
        "thanks", None, "first", "For Bo",
    )  # fmt: skip
    assert shown["warnings"] == []


def test_where_steps_differ_one_has_to_be_named(
    tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flows = written(tmp_path, FLOWS + SECOND, "two.yaml")
    preview("thanks", flows, "--with", data)
    shown = capsys.readouterr()
    assert "Subject:   Thank you" in shown.out
    assert "warning: subject: steps mail it under different subjects" in shown.err
    preview("thanks", flows, "--with", data, "--step", "first")
    assert "Subject:   For Bo" in capsys.readouterr().out
    assert "these do: first, second" in refused("thanks", flows, "--step", "third")


def test_mistakes_are_told_with_their_place(flows: str, tmp_path: Path) -> None:
    assert refused("welcome", flows) == "the files have no content 'welcome'; they have thanks"
    assert "no version" in refused("thanks", flows, "--version", "2")
    assert "can't read" in refused("thanks", str(tmp_path / "none.yaml"))
    assert "can't read" in refused("thanks", flows, "--with", str(tmp_path / "none.yaml"))
    wrong = written(tmp_path, "contact:\n  frist_name: Bo\n", "wrong.yaml")
    assert refused("thanks", flows, "--with", wrong).startswith("wrong.yaml:2: contact.frist_name")
    assert "one document" in refused("thanks", flows, "--with", written(tmp_path, "", "empty.yaml"))
    typo = written(tmp_path, FLOWS.replace("{{ owner.name }}", "{{ owner.nmae }}"), "typo.yaml")
    assert "content thanks: preheader" in refused("thanks", typo)
    assert "--flow" in refused(
        "thanks", written(tmp_path, FLOWS.partition("---")[0], "c.yaml"), "--step", "a"
    )


def test_a_stored_content_is_shown_with_test_data(
    server: Scripted, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"name": "T", "subject": "Dear {{ contact.first_name }}", "html": "<p>Hi</p>"}
    flow: dict[str, Any] = {"name": "F", "email": {"from_name": "Shop", "from_address": "shop@example.org"}}
    server.answers = [Answer(200, {"version": 3, "body": body}), Answer(200, {"draft": flow})]
    preview("thanks", "--with", data, "--flow", "winback", "--version", "3", url=server.url)
    shown = capsys.readouterr().out
    assert "Content:   thanks, version 3\nFrom:      Shop <shop@example.org>" in shown
    assert "Subject:   Dear Bo" in shown
    assert [each.path for each in server.asked] == ["/v1/contents/thanks?version=3", "/v1/flows/winback"]


ANSWERED = {
    "content": "thanks", "version": None, "step": None, "contact": "5", "recipient": "bo@example.org", "sender": None,
    "subject": "For Bo", "preheader": "", "html": "<p>Hi</p>", "text": "Hi", "warnings": [],
}  # fmt: skip


def test_a_stored_contact_is_shown_what_files_have(
    server: Scripted, flows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [Answer(200, ANSWERED)]
    event = written(tmp_path, "event: {amount: 12}", "event.yaml")
    preview("thanks", flows, "--contact", "5", "--with", event, url=server.url)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/contents/thanks/preview")
    assert (asked.body["contact"], asked.body["event"]) == ("5", {"amount": 12})
    assert asked.body["subject"] == "For {{ contact.first_name }}"
    assert asked.body["email"]["from_address"] == "shop@example.org"
    assert asked.body["content"]["subject"] == "Thank you"
    assert "Content:   thanks, step first\nTo:        bo@example.org" in capsys.readouterr().out


def test_a_stored_contact_is_shown_what_is_stored(server: Scripted, data: str) -> None:
    server.answers = [Answer(200, ANSWERED | {"version": 2})]
    preview("thanks", "--contact", "5", "--flow", "f", "--step", "s", "--version", "2", url=server.url)
    (asked,) = server.asked
    assert asked.path == "/v1/contents/thanks/preview?flow=f&step=s"
    assert asked.body == {"contact": "5", "event": {}, "fields": {}, "version": 2}
    assert "event and fields alone" in refused("thanks", "--contact", "5", "--with", data, url=server.url)
