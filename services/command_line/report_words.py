"""One flow's figures in the terminal: tables and sparklines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

from rich.table import Table
from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
"""Characters of the widest sparkline."""


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """What was asked of `/v1/reports/flows/FLOW`, `…/steps` and `…/revenue`."""

    report: dict[str, Any]
    steps: dict[str, Any]
    revenue: dict[str, Any]

    def over_time(self, name: str) -> list[int]:
        return [row[name] for row in self.report["over_time"]]

    def earned(self, currency: str) -> list[float]:
        """Over time, as in `over_time`."""
        found = {
            row["start"]: float(row["revenue"])
            for row in self.revenue["over_time"]
            if row["currency"] == currency
        }
        return [found.get(row["start"], 0.0) for row in self.report["over_time"]]

    @property
    def period(self) -> str:
        rows = self.report["over_time"]
        return f"{rows[0]['day']} to {rows[-1]['day']}, {self.report['timezone']}" if rows else ""


SERIES = (
    ("enrolled", "Enrolled"),
    ("succeeded", "Met a criterion"),
    ("finished_with_success", "Finished with success"),
    ("finished", "Finished without"),
    ("dropped_out", "Dropped out"),
)
"""What is shown over time."""


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """One character for each value, or for the sum of neighbours where there are more than fit."""
    if len(values) > width:
        edges = [len(values) * n // width for n in range(width + 1)]
        values = [sum(values[a:b]) for a, b in pairwise(edges)]
    top = max(values, default=0)
    return "".join(" " if v <= 0 else BARS[min(ceil(v / top * 8), 8) - 1] for v in values) if top > 0 else ""


def percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"


def duration(seconds: float | None) -> str:
    """In the largest unit of which there is more than one."""
    if seconds is None:
        return ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size * 1.5:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def title(figures: FlowFigures) -> str:
    report = figures.report
    return (
        f"Flow {report['flow']}: {report['enrolled']:,} enrolled, {report['in_progress']:,} in progress, "
        f"{report['completed']:,} completed, {report['succeeded']:,} met a criterion, "
        f"success rate {percent(report['success_rate']) or '-'}"
    )


def parts(figures: FlowFigures) -> Iterator[Table | Text]:
    """What is shown, from top to bottom; what is empty is left out."""
    yield over_time_table(figures)
    yield people_table("Status", [row for row in figures.report["by_status"].items() if row[1]])
    yield step_table(figures)
    if figures.report["messages"]:
        yield message_table(figures)
    if figures.report["top_emails"]:
        yield top_table(figures)
    if reasons := [row for row in figures.report["by_drop_out_reason"].items() if row[1]]:
        yield people_table("Dropped out for", reasons)
    if refusals := [row for row in figures.report["refused"].items() if row[1]]:
        yield people_table("Not enrolled for", refusals)
    if figures.revenue["currencies"]:
        yield revenue_table(figures)


def a_table(first: str, *numbers: str) -> Table:
    table = Table(first, box=None, pad_edge=False)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def over_time_table(figures: FlowFigures) -> Table:
    table = Table(f"Over time ({figures.period})", "", "", box=None, pad_edge=False)
    for name, words in SERIES:
        values = figures.over_time(name)
        table.add_row(words, sparkline(values), f"{sum(values):,}")
    return table


def step_table(figures: FlowFigures) -> Table:
    table = a_table("Step", "Entered", "Of all", "There now", "Went on", "Dropped out", "Time spent")
    for row in figures.steps["steps"]:
        numbers = (row["entered"], row["standing"], row["passed"], row["dropped_out"])
        entered, standing, passed, dropped = (f"{number:,}" for number in numbers)
        share, spent = percent(row["share"]), duration(row["average_seconds"])
        table.add_row(row["title"] or row["step"], entered, share, standing, passed, dropped, spent)
    return table


def message_table(figures: FlowFigures) -> Table:
    table = a_table(
        "Message", "Recipients", "Opened", "Clicked", "Bounced", "Failed", "Not sent", "By machines"
    )
    for row in figures.report["messages"]:
        states = row["by_state"]
        table.add_row(
            row["content"] or row["channel"],
            f"{row['recipients']:,}",
            percent(row["open_rate"]),
            percent(row["click_rate"]),
            f"{row['bounced']:,}",
            f"{states['failed']:,}",
            f"{states['withdrawn']:,}",
            f"{row['bot_opens'] + row['bot_clicks']:,}",
        )
    return table


def top_table(figures: FlowFigures) -> Table:
    table = a_table("Top e-mails", "Click rate", "Open rate", "Recipients")
    for row in figures.report["top_emails"]:
        rates = percent(row["click_rate"]), percent(row["open_rate"])
        table.add_row(row["content"], *rates, f"{row['recipients']:,}")
    return table


def people_table(name: str, rows: Sequence[tuple[str, int]]) -> Table:
    table = a_table(name, "People")
    for word, people in sorted(rows, key=lambda row: -row[1]):
        table.add_row(word.replace("_", " "), f"{people:,}")
    return table


def revenue_table(figures: FlowFigures) -> Table:
    revenue = figures.revenue
    table = a_table(
        f"Within {revenue['window']} days", "Orders", "Sales sold", "Revenue", "Per enrolled", "Buyers"
    )
    table.add_column("Over time")
    for row in revenue["currencies"]:
        each = row["revenue_per_enrolled"]
        table.add_row(
            row["currency"] or "no currency",
            f"{row['orders']:,}",
            f"{row['sales_sold']:,}",
            f"{float(row['revenue']):,.2f}",
            "" if each is None else f"{each:,.2f}",
            f"{revenue['buyers']:,} ({percent(revenue['conversion'])})",
            sparkline(figures.earned(row["currency"]), WIDTH // 2),
        )
    return table
