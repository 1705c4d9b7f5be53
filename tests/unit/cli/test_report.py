"""How one flow's figures are shown."""

from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from common.domain.figures import figures, message_figures, step_figures
from services.command_line.report_page import page
from services.command_line.report_words import FlowFigures, duration, parts, percent, sparkline, title

DAYS = [f"2026-03-{day:02}" for day in range(1, 31)]
NAMES = ("enrolled", "succeeded", "finished", "finished_with_success", "dropped_out")


def a_report(name: str = "welcome", **counted: int) -> FlowFigures:
    totals = {"enrolled": 400, "finished": 90, "finished_with_success": 60, "dropped_out": 30}
    totals |= {"dropped_out_no_consent": 30, "refused_filter": 12, "succeeded": 75} | counted
    mail = message_figures(
        "email", f"{name}-mail", {"done": 380, "opened": 200, "clicked": 57, "bot_clicks": 9}
    )
    steps = [
        step_figures("start", "", "", {"entered": 400, "passed": 400}, 400),
        step_figures(
            "wait", "wait_time", "Wait <a week>", {"entered": 400, "passed": 150, "seconds": 90_000_000}, 400
        ),
    ]
    rows = [
        {"day": day, "start": day, **{each: n * (place + 1) % 23 for place, each in enumerate(NAMES)}}
        for n, day in enumerate(DAYS)
    ]
    told = figures(totals).model_dump(mode="json")
    messages = [mail.model_dump(mode="json")]
    earned = [{"day": DAYS[3], "start": DAYS[3], "currency": "EUR", "revenue": "1234.50"}]
    revenue: dict[str, Any] = {"over_time": earned, "window": 30, "buyers": 41, "conversion": 0.1025, "currencies": [
        {"currency": "EUR", "orders": 44, "sales_sold": 2, "revenue": "1234.50", "revenue_per_enrolled": 3.09}
    ]}  # fmt: skip
    return FlowFigures(
        told
        | {"flow": name, "run": None, "timezone": "UTC", "messages": messages, "over_time": rows}
        | {"top_emails": messages},
        {"steps": [step.model_dump(mode="json") for step in steps]},
        revenue,
    )


def in_terminal(shown: FlowFigures) -> str:
    console = Console(width=160, record=True, file=StringIO())
    for part in parts(shown):
        console.print(part)
    return console.export_text()


@pytest.mark.parametrize(
    ("values", "line"), [([0, 1, 4, 8], " ▁▄█"), ([], ""), ([0, 0], ""), ([5], "█"), ([1] * 120, "█" * 60)]
)
def test_a_sparkline_has_a_bar_for_each_value_or_for_neighbours(values: list[int], line: str):
    assert sparkline(values) == line


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (3, "3 s"), (90, "1.5 min"), (7_200, "2.0 h"), (604_800, "7.0 d")]
)
def test_times_are_told_in_a_fitting_unit(seconds: float | None, words: str):
    assert duration(seconds) == words


def test_what_is_not_known_yet_is_left_empty():
    assert percent(None) == ""


def test_the_terminal_shows_every_part():
    shown = a_report()
    assert title(shown).endswith(
        "400 enrolled, 220 in progress, 150 completed, 75 met a criterion, success rate 15.0%"
    )
    text = in_terminal(shown)
    for words in (
        "Wait <a week>",
        "6.9 d",
        "welcome-mail",
        "52.6%",
        "15.0%",
        "no consent",
        "filter",
        "1,234.50",
    ):
        assert words in text


class Page(HTMLParser):
    """Which tags are open, what would be fetched, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]
        if tag not in ("meta", "line", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("polyline",):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_stands_alone_and_keeps_names_harmless():
    found = Page(page(a_report("welcome"), "<script>alert(1)</script>"))
    assert (found.open, found.fetched) == ([], [])
    assert "script" not in found.open
    for words in ("<script>alert(1)</script>", "Wait <a week>", "welcome-mail", "no consent", "1,234.50"):
        assert words in found.words
    assert "prefers-color-scheme: dark" in page(a_report(), "x")


def test_a_flow_in_which_nothing_has_happened_has_a_page_too():
    empty = FlowFigures(
        figures({}).model_dump(mode="json")
        | {
            "flow": "new",
            "run": None,
            "timezone": "UTC",
            "messages": [],
            "top_emails": [],
            "over_time": [{"day": "2026-03-01", "start": "2026-03-01"} | dict.fromkeys(NAMES, 0)],
        },
        {"steps": []},
        {"window": 30, "buyers": 0, "conversion": None, "currencies": [], "over_time": []},
    )
    assert "Nothing happened then." in page(empty, "new")
    assert "Over time" in in_terminal(empty)
