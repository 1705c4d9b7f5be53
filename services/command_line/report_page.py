"""One flow's figures as a page of its own: nothing is fetched, by light and in the dark."""

from collections.abc import Iterator, Sequence
from html import escape
from math import floor, log10
from typing import Any

from services.command_line.report_words import SERIES, FlowFigures, duration, percent

STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --dim: #5b6b7a; --paper: #fff; --card: #f5f7f9; --line: #d9e0e6;
  --c0: #2463a8; --c1: #2f8f5b; --c2: #7b55b8; --c3: #6f7f8d; --c4: #c2542d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf0; --dim: #9aa9b7; --paper: #12181f; --card: #1b232c;
  --line: #2e3a46; --c0: #6aa7ea; --c1: #63c08c; --c2: #b193ea; --c3: #8fa0af; --c4: #ec8a63; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; font: 15px/1.45 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
p { color: var(--dim); margin: .2rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .7rem; margin: 1.2rem 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; } .tile span { color: var(--dim); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
td.bar { width: 30%; min-width: 8rem; }
td.bar i { display: block; height: .8rem; background: var(--c0); border-radius: .2rem; }
svg { width: 100%; min-width: 48rem; height: auto; display: block; } svg text { fill: var(--dim); font-size: 12px; }
.key { display: flex; flex-wrap: wrap; gap: 1rem; }
.key span::before { content: ""; display: inline-block; width: .8rem;
  height: .8rem; border-radius: .2rem; margin-right: .4rem; background: var(--c); vertical-align: -.05rem; }
"""
CHART = (960, 240, 48, 22)
"""Width and height, and what is left free at the left and below."""


def page(figures: FlowFigures, name: str) -> str:
    body = "".join(sections(figures, name))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def sections(figures: FlowFigures, name: str) -> Iterator[str]:
    report = figures.report
    run = f"run {report['run']}" if report["run"] else "all runs"
    yield f"<h1>{escape(name)}</h1><p>Flow {escape(report['flow'])}, {run}. {escape(figures.period)}</p>"
    yield '<div class="tiles">' + "".join(tile(*each) for each in tiles(report)) + "</div>"
    yield "<h2>Over time</h2>" + chart(figures, people_over_time(figures))
    yield "<h2>Participants by status</h2>" + table(STATUS_HEAD, people_rows(report["by_status"]), bar=True)
    yield "<h2>Steps</h2>" + table(STEPS_HEAD, step_rows(figures.steps["steps"]), bar=True)
    if report["messages"]:
        yield "<h2>Messages</h2>" + table(MESSAGES_HEAD, message_rows(report["messages"]))
    if report["top_emails"]:
        yield "<h2>Top e-mails by click rate</h2>" + table(TOP_HEAD, top_rows(report["top_emails"]), bar=True)
    for words, counts in (("Dropped out", report["by_drop_out_reason"]), ("Not enrolled", report["refused"])):
        if rows := people_rows(counts):
            yield f"<h2>{words}</h2>" + table(REASON_HEAD, rows, bar=True)
    if figures.revenue["currencies"]:
        yield f"<h2>Revenue within {figures.revenue['window']} days</h2>"
        yield chart(figures, revenue_over_time(figures)) + table(REVENUE_HEAD, revenue_rows(figures.revenue))


def tiles(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, words in (
        ("enrolled", "enrolled"),
        ("in_progress", "in progress"),
        ("completed", "completed"),
        ("succeeded", "met a criterion"),
    ):
        yield words, f"{report[name]:,}"
    yield "success rate", percent(report["success_rate"]) or "–"


def tile(words: str, number: str) -> str:
    return f'<div class="tile"><b>{number}</b><span>{words}</span></div>'


Series = tuple[int, str, Sequence[float]]
"""The number of its colour, what it is called, and its values over time."""


def people_over_time(figures: FlowFigures) -> list[Series]:
    return [(place, words, figures.over_time(name)) for place, (name, words) in enumerate(SERIES)]


def revenue_over_time(figures: FlowFigures) -> list[Series]:
    names = [row["currency"] for row in figures.revenue["currencies"]]
    return [
        (place % len(SERIES), f"Revenue, {name or 'no currency'}", figures.earned(name))
        for place, name in enumerate(names)
    ]


def chart(figures: FlowFigures, series: Sequence[Series]) -> str:
    """A line for each that has anything."""
    shown = [each for each in series if any(each[2])]
    if not shown:
        return "<p>Nothing happened then.</p>"
    top = rounded_up(max(max(values) for _, _, values in shown))
    width, height, left, below = CHART
    days = [row["day"] for row in figures.report["over_time"]]
    parts = [f'<div class="wide"><svg viewBox="0 0 {width} {height}" role="img" aria-label="Over time">']
    for part in (0, 0.5, 1):
        y = height - below - part * (height - below - 12)
        parts.append(f'<line x1="{left}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{top * part:,g}</text>')
    parts.append(f'<text x="{left}" y="{height - 4}">{days[0]}</text>')
    parts.append(f'<text x="{width}" y="{height - 4}" text-anchor="end">{days[-1]}</text>')
    for place, _, values in shown:
        parts.append(
            f'<polyline fill="none" stroke="var(--c{place})" stroke-width="2" stroke-linejoin="round" '
            f'stroke-linecap="round" points="{points(values, top)}"/>'
        )
    key = "".join(
        f'<span style="--c: var(--c{place})">{escape(words)}: {sum(values):,g}</span>'
        for place, words, values in shown
    )
    return "".join(parts) + f'</svg></div><div class="key">{key}</div>'


def rounded_up(value: float) -> float:
    """To a number with which an axis may end, of which the half can be read, too."""
    size = 10.0 ** floor(log10(value)) if value > 0 else 1.0
    fitting = next(part * size for part in (1, 2, 4, 6, 8, 10) if part * size >= value)
    return max(fitting, 2.0)


def points(values: Sequence[float], top: float) -> str:
    """A single value is drawn as a level."""
    width, height, left, below = CHART
    values = values if len(values) > 1 else [*values, *values]
    step = (width - left) / max(len(values) - 1, 1)
    room = height - below - 12
    return " ".join(
        f"{left + n * step:.1f},{height - below - v / top * room:.1f}" for n, v in enumerate(values)
    )


Cells = Sequence[str]
STATUS_HEAD = ("Status", "People", "")
REASON_HEAD = ("Reason", "People", "")
TOP_HEAD = ("E-mail", "Click rate", "Open rate", "Recipients", "")
STEPS_HEAD = ("Step", "Entered", "Of all", "There now", "Went on", "Dropped out", "Time spent", "")
MESSAGES_HEAD = (
    "Message",
    "Recipients",
    "Open rate",
    "Click rate",
    "Bounced",
    "Failed",
    "Not sent",
    "By machines",
)
REVENUE_HEAD = ("Currency", "Orders", "Sales sold", "Revenue", "Per enrolled", "Buyers")


def step_rows(steps: Sequence[dict[str, Any]]) -> list[Cells]:
    return [
        (
            row["title"] or row["step"],
            *(f"{row[name]:,}" if name != "share" else percent(row["share"]) for name in STEP_CELLS),
            duration(row["average_seconds"]),
            f"{(row['share'] or 0) * 100:.1f}",
        )
        for row in steps
    ]


STEP_CELLS = ("entered", "share", "standing", "passed", "dropped_out")


def message_rows(messages: Sequence[dict[str, Any]]) -> list[Cells]:
    return [
        (
            row["content"] or row["channel"],
            f"{row['recipients']:,}",
            percent(row["open_rate"]),
            percent(row["click_rate"]),
            f"{row['bounced']:,}",
            f"{row['by_state']['failed']:,}",
            f"{row['by_state']['withdrawn']:,}",
            f"{row['bot_opens'] + row['bot_clicks']:,}",
        )
        for row in messages
    ]


def top_rows(mails: Sequence[dict[str, Any]]) -> list[Cells]:
    """Drawn beside the best of them."""
    best = max(row["click_rate"] for row in mails) or 1
    return [
        (
            row["content"],
            percent(row["click_rate"]),
            percent(row["open_rate"]),
            f"{row['recipients']:,}",
            f"{row['click_rate'] / best * 100:.1f}",
        )
        for row in mails
    ]


def people_rows(counts: dict[str, int]) -> list[Cells]:
    most = max(counts.values(), default=0)
    rows = sorted(((word, people) for word, people in counts.items() if people), key=lambda row: -row[1])
    return [(word.replace("_", " "), f"{people:,}", f"{people / most * 100:.1f}") for word, people in rows]


def revenue_rows(revenue: dict[str, Any]) -> list[Cells]:
    buyers = f"{revenue['buyers']:,} ({percent(revenue['conversion'])})"
    return [
        (
            row["currency"] or "none told",
            f"{row['orders']:,}",
            f"{row['sales_sold']:,}",
            f"{float(row['revenue']):,.2f}",
            "" if row["revenue_per_enrolled"] is None else f"{row['revenue_per_enrolled']:,.2f}",
            buyers,
        )
        for row in revenue["currencies"]
    ]


def table(head: Cells, rows: Sequence[Cells], *, bar: bool = False) -> str:
    """`bar`: the last cell is drawn, as a share of its width in percent."""
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(f"<tr>{cells(row, bar=bar)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'


def cells(row: Cells, *, bar: bool) -> str:
    plain = "".join(f"<td>{escape(cell)}</td>" for cell in (row[:-1] if bar else row))
    return plain + (f'<td class="bar"><i style="width: {row[-1]}%"></i></td>' if bar else "")
