"""`headrace test`: stories told on the services' own decisions, with no server."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app

FLOWS = """
{kind: content, id: hello, name: Hello, subject: Hello, html: <p>Hello</p>}
---
{kind: selection, id: quiet, name: Quiet}
---
kind: flow
id: first
name: First
triggers: [{kind: custom_event, name: met}]
filter: [{field: contact.country, type: list, op: one_of, value: [DE]}]
email: {from_address: news@example.org}
success: {criteria: [{kind: order_placed}]}
steps:
  - {id: rest, kind: wait_time, days: 2}
  - {id: hello, kind: send_email, content: hello}
  - {id: act, kind: wait_for_action, actions: [{kind: link_clicked, link: offer}], max_wait: {days: 3},
     on_timeout: exit, exit: {add_to_selection: quiet, suggest_for: second}}
finish: {otherwise: second}
---
{kind: flow, id: second, name: Second, triggers: [{kind: manual}], steps: [{id: stay, kind: wait_time, days: 9}]}
---
kind: story
id: one
name: One story
contacts: [{id: ada, email: Ada@example.org, country: DE, consents: {e_marketing: {basis: consent}}}]
"""
MET = "events: [{event: met, contact: ada}EVENTS]\nexpect:\n"


def result_of(tmp_path: Path, expected: str, events: str = "", *arguments: str) -> tuple[int, str]:
    path = tmp_path / "flow.yaml"
    path.write_text(
        FLOWS + MET.replace("EVENTS", events) + "".join(f"  - {e}\n" for e in expected.splitlines())
    )
    result = CliRunner().invoke(app, ["test", str(path), *arguments])
    return result.exit_code, result.output


def test_mail_selections_and_follow_on_flows_come_true(tmp_path: Path) -> None:
    code, output = result_of(
        tmp_path,
        "{by: 47 hours, not_sent: hello, to: ada@example.org}\n"
        "{by: day 2, sent: hello, to: ada@example.org}\n"
        "{by: 4 days 23 hours, contact: ada, flow: first, status: active, step: act}\n"
        "{by: day 5, contact: ada, flow: first, status: dropped_out, reason: wait_timeout, in: [quiet]}\n"
        "{by: day 5, contact: ada, flow: second, status: active, step: stay}",
    )

    assert (code, output) == (0, "✓ One story\n1 story, all true\n")


def test_what_did_not_come_true_is_told_with_its_line_and_with_why(tmp_path: Path) -> None:
    code, output = result_of(tmp_path, "{by: day 3, sent: other, to: ada@example.org}")

    line = FLOWS.count("\n") + 3
    assert code == 1
    assert f"flow.yaml:{line}: expect[0] 'other' should have been sent to ada@example.org; sent" in output
    assert "hello (2026-03-04 09:00)" in output
    assert "enrolled, suggested by event met" in output
    assert "waits at act until 2026-03-07 09:00:00" in output
    assert output.endswith("1 story, 1 failed\n")


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (
            "{contact: ada, flow: first, status: finished}",
            "status of ada in first should be finished; it is active",
        ),
        (
            "{contact: ada, flow: first, step: act}",
            "step of ada in first should be act; it is rest (at rest since",
        ),
        ("{contact: ada, flow: second, status: active}", "ada in second should be there; it never came in"),
        ("{contact: ada, flow: first, refused: filter}", "for filter; found: it was never refused"),
        ("{contact: ada, in: [quiet]}", "ada should be in selection 'quiet'; it is in nothing"),
        ("{contact: ada, fields: {country: SE}}", "contact.country of ada should be 'SE'; it is 'DE'"),
        ("{by: 2 days, not_sent: hello}", "'hello' should not have been sent to anybody; sent: hello"),
    ],
)
def test_each_expectation_can_fail(tmp_path: Path, expected: str, told: str) -> None:
    code, output = result_of(tmp_path, expected)

    assert code == 1
    assert told in output


def test_flows_can_be_paused_resumed_and_ended(tmp_path: Path) -> None:
    events = (
        ", {at: day 1, pause: first}, {event: met, contact: eve, data: {}}, {at: day 4, resume: first}"
        ", {at: day 5, end: first}, {event: met, contact: ada}"
    )
    code, output = result_of(
        tmp_path,
        "{by: 3 days, not_sent: hello, contact: ada, flow: first, step: rest}\n"
        "{by: day 4, sent: hello, to: ada@example.org}\n"
        "{by: day 5, contact: ada, flow: first, status: cancelled}\n"
        "{contact: eve, flow: first, refused: filter}",
        events,
    )

    assert code == 0, output


def test_an_event_succeeds_and_somebody_is_suggested_by_hand(tmp_path: Path) -> None:
    events = ", {at: 1 hour, suggest: second, contact: ada}, {at: 2 hours, event: order.placed, contact: ada}"
    code, output = result_of(
        tmp_path,
        "{contact: ada, flow: first, status: finished_with_success}\n{contact: ada, flow: second, step: stay}",
        events,
    )

    assert code == 0, output


def test_an_event_that_no_installation_would_take_ends_the_story(tmp_path: Path) -> None:
    code, output = result_of(
        tmp_path, "{sent: hello}", ", {event: order.placed, contact: ada, data: {amount: much}}"
    )

    assert code == 1
    assert "events[1] data.amount should be a valid number" in output


def test_every_decision_is_told_when_asked(tmp_path: Path) -> None:
    _, output = result_of(tmp_path, "{by: day 2, sent: hello}", "", "--verbose")

    assert "mail 'hello' planned at hello" in output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("expect: []", "expect should have at least 1 item"),
        ("expect: [{by: soon, sent: hello}]", "'soon' is no time of a story; write '3 days'"),
        ("expect: [{status: active}]", "needs a contact"),
        ("expect: [{to: ada@example.org}]", "expects nothing"),
        ("events: [{event: met}]\nexpect: [{sent: hello}]", "needs a contact for an event"),
        ("events: [{event: met, pause: first}]\nexpect: [{sent: hello}]", "needs one of event, suggest"),
    ],
)
def test_a_story_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOWS + text)

    with pytest.raises(Exception) as refused:
        CliRunner().invoke(app, ["test", str(path)], catch_exceptions=False)
    assert told in str(refused.value)


def test_flows_that_can_not_run_are_told_before_any_story(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(
        FLOWS.replace("content: hello", "content: gone") + MET.replace("EVENTS", "") + "  - {sent: hello}"
    )

    with pytest.raises(Exception) as refused:
        CliRunner().invoke(app, ["test", str(path)], catch_exceptions=False)
    assert str(refused.value) == "flow.yaml: flow first, step hello: content there is no content 'gone'"
