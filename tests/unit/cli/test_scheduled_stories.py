"""Stories of flows that suggest people on the calendar."""

from pathlib import Path

from typer.testing import CliRunner

from services.cli import app

FILE = """
{kind: selection, id: vips, name: Vips}
---
kind: selection
id: germans
name: Germans
criteria: [{field: contact.country, type: list, op: one_of, value: [DE]}]
---
kind: flow
id: calendar
name: Calendar
timezone: Europe/Berlin
triggers: [TRIGGER]
steps: [{id: rest, kind: wait_time, days: 3}]
---
kind: story
id: one
name: One story
contacts:
  - {id: ada, country: DE, selections: [vips]}
  - {id: bo, country: SE, selections: [vips]}
  - {id: cy, country: DE}
events: [EVENTS]
expect:
"""


def told(tmp_path: Path, trigger: str, *expected: str, events: str = "") -> str:
    """What comes of the story; it begins on Monday, the 2nd of March 2026, at 9:00 UTC."""
    path = tmp_path / "flow.yaml"
    text = FILE.replace("TRIGGER", trigger).replace("EVENTS", events)
    path.write_text(text + "".join(f"  - {each}\n" for each in expected))
    return CliRunner().invoke(app, ["test", str(path), "--verbose"]).output


def came_in(output: str) -> list[str]:
    """Who was enrolled, and when, in the order of the decisions."""
    lines = [line.split() for line in output.splitlines() if "  enrolled," in line]
    return [f"{line[-3].lstrip('[')} {line[0]} {line[1][:5]}" for line in lines]


def test_who_is_on_the_list_comes_in_at_the_time_of_the_flows_zone(tmp_path: Path) -> None:
    output = told(
        tmp_path,
        "{kind: scheduled, selection: vips, day: 2026-03-03, time: '09:00'}",
        "{by: 2026-03-03T08:00:00Z, contact: ada, flow: calendar, status: active}",
        "{by: 2026-03-10T08:00:00Z, contact: ada, flow: calendar, status: finished}",
    )
    assert "1 story, all true" in output
    assert "suggested by selection vips, triggers[0] due at 2026-03-03 09:00 Europe/Berlin" in output
    assert came_in(output) == ["ada 2026-03-03 08:00", "bo 2026-03-03 08:00"]


def test_a_saved_search_is_asked_again_each_time(tmp_path: Path) -> None:
    output = told(
        tmp_path,
        "{kind: scheduled, selection: germans, cron: '0 9 * * tue'}",
        "{by: 2026-03-10T08:00:00Z, contact: bo, flow: calendar, status: active}",
        events="{at: day 3, event: contact.updated, contact: bo, data: {country: DE}}",
    )
    assert came_in(output) == [
        "ada 2026-03-03 08:00", "cy 2026-03-03 08:00",
        "ada 2026-03-10 08:00", "bo 2026-03-10 08:00", "cy 2026-03-10 08:00",
    ]  # fmt: skip


def test_what_has_ended_comes_no_more(tmp_path: Path) -> None:
    output = told(
        tmp_path,
        "{kind: scheduled, selection: vips, cron: '0 9 * * tue'}",
        "{by: 2026-03-20T08:00:00Z, contact: ada, flow: calendar, status: finished}",
        events="{at: day 7, end: calendar}",
    )
    assert came_in(output) == ["ada 2026-03-03 08:00", "bo 2026-03-03 08:00"]
