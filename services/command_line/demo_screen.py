"""What the terminal shows while the demo runs: a table that changes, or a log line now and then."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol, Self

import structlog
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table as RichTable
from rich.text import Text

from services.command_line.flow_commands import percent

FIGURES = "demo.figures"
LINE_SECONDS = 5.0
BAR_WIDTH = 30

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the demo's flow. `places`: active participants by step; `titles`: each step's, in order;
    `now`: business time (ISO 8601)."""

    name: str
    state: str
    suggested: int
    enrolled: int
    in_progress: int
    completed: int
    dropped_out: int
    success_rate: float | None
    places: dict[str, int]
    titles: dict[str, str]
    mails: int
    now: str


class Screen(AbstractContextManager["Screen"], Protocol):
    def show(self, figures: Figures) -> None: ...


class Lines(Screen):
    """For what is no terminal: one line now and then."""

    def __init__(self) -> None:
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def show(self, figures: Figures) -> None:
        if monotonic() < self._next:
            return
        self._next = monotonic() + LINE_SECONDS
        log.info(
            FIGURES,
            flow=figures.name,
            enrolled=figures.enrolled,
            in_progress=figures.in_progress,
            completed=figures.completed,
            dropped_out=figures.dropped_out,
            success_rate=percent(figures.success_rate),
            mails=figures.mails,
            clock=figures.now,
        )


class Table(Screen):
    """For a terminal. What is logged meanwhile appears above it."""

    def __init__(self, console: Console) -> None:
        self._live = Live(Text("Starting …"), console=console, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, figures: Figures) -> None:
        self._live.update(drawn(figures))


def drawn(figures: Figures) -> Group:
    """The figures as a table, and beneath it who stands where."""
    return Group(Text(), totals(figures), Text(), places(figures), Text(), Text(foot(figures), "dim"))


def totals(figures: Figures) -> RichTable:
    table = RichTable("Flow", "State", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    cells = {
        "Suggested": figures.suggested,
        "Enrolled": figures.enrolled,
        "In progress": figures.in_progress,
        "Completed": figures.completed,
        "Dropped out": figures.dropped_out,
    }
    for name in (*cells, "Success rate"):  # whole words on a terminal of 80 columns
        table.add_column(name.replace(" ", "\n"), justify="right", min_width=max(map(len, name.split())))
    table.add_row(
        Text(figures.name, "bold"),
        figures.state.replace("_", " "),
        *map(str, cells.values()),
        Text(percent(figures.success_rate), "green"),
    )
    return table


def places(figures: Figures) -> RichTable:
    """One row a step, with a bar as long as people stand there."""
    table = RichTable("Step", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("Here now", justify="right")
    table.add_column(width=BAR_WIDTH)
    most = max([*figures.places.values(), BAR_WIDTH])
    for step, title in figures.titles.items():
        here = figures.places.get(step, 0)
        bar = "█" * round(here * BAR_WIDTH / most)
        table.add_row(title, str(here) if here else "·", Text(bar, "blue"))
    return table


def foot(figures: Figures) -> str:
    now = datetime.fromisoformat(figures.now)
    return f"{figures.mails} mails in the mailbox   business time {now:%Y-%m-%d %H:%M} UTC"
