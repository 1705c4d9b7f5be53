"""`headrace reports`: whether figures equal the truth, and putting them right."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from common.domain.report_tables import FACTS
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.report_page import page
from services.command_line.report_words import FlowFigures, parts, title
from services.command_line.terminal import AsJson, Key, Url, connect, console, errors, parsed, say, write_json

PATH = "/v1/reports/verification"

app = typer.Typer(help="Check that figures equal the truth, and put them right.", no_args_is_help=True)


class By(StrEnum):
    """How much time one point is about."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def report(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="The flow's id.")],
    run: Annotated[int | None, typer.Option(min=1, show_default=False, help="One run; all unless given.")] = None,
    by: Annotated[By, typer.Option(help="What one point over time is about.")] = By.DAY,
    since: Annotated[
        Any, typer.Option("--from", parser=parsed(date.fromisoformat), metavar="DAY", show_default=False,
                          help="First day over time.")
    ] = None,
    until: Annotated[
        Any, typer.Option("--to", parser=parsed(date.fromisoformat), metavar="DAY", show_default=False,
                          help="Last day over time.")
    ] = None,
    window: Annotated[int, typer.Option(help="Days from enrolment within which orders and sales count.")] = 30,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, show_default=False, help="Write a page of its own to this file.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show how well a flow does: tables and sparklines here, charts in a page."""
    installation, path = connect(url, key), f"/v1/reports/flows/{flow}"
    days = {"run": run, "from": since and since.isoformat(), "to": until and until.isoformat()}
    figures = FlowFigures(
        report=installation.read(path, **days, by=by.value),
        steps=installation.read(f"{path}/steps", run=run),
        revenue=installation.read(f"{path}/revenue", **days, by=by.value, window=window),
    )
    if html is not None:
        write_page(html, figures)
    elif as_json:
        write_json(asdict(figures))
    else:
        say(title(figures))
        for part in parts(figures):
            console.print()
            console.print(part)


def write_page(file: Path, figures: FlowFigures) -> None:
    try:
        file.write_text(page(figures, figures.report["flow"]), encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from error
    say(f"written to {file}")


@app.command()
def verify(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Work out all figures anew and compare; fails where any differs. Nothing stands still for it."""
    if not run(connect(url, key), repair=False, as_json=as_json):
        raise CommandFailed("Figures differ from the truth: headrace reports rebuild puts them right.")


@app.command()
def rebuild(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Put right whatever figures differ from the truth, while everything goes on."""
    run(connect(url, key), repair=True, as_json=as_json)


def run(installation: Installation, *, repair: bool, as_json: bool) -> bool:
    """Whether all was equal. Raises `CommandFailed` if the answer was cut short."""
    totals: Counter[str] = Counter()
    bar = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), console=errors,
        transient=True, disable=as_json or not errors.is_terminal,
    )  # fmt: skip
    with bar:
        going = Going(bar)
        for line in answer(installation, repair=repair):
            going.on(line)
            if as_json:
                say(json.dumps(line))
            if line["looked"] == "all":
                break
            totals.update({name: line[name] for name in ADDED if name in line})
            if not as_json:
                for words in differences(line):
                    say(words)
        else:
            raise CommandFailed("The answer was cut short; try again.")
    if not as_json:
        tell(totals, repair=repair)
    return bool(line["equal"])


class Going:
    """How far it has come: partitions, then tables, then flows."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)
        self._partitions = 0
        self._flows: list[str] = []
        self._tables: list[str] = []

    def on(self, line: dict[str, Any]) -> None:
        match line["looked"]:
            case "nothing":
                self._partitions, self._flows = line["partitions"], line["flows"]
            case "facts":
                self._show("partitions", line["partition"], self._partitions)
            case "table":
                self._tables += [line["table"]] if line["table"] not in self._tables else []
                self._show(line["table"], len(self._tables), len(FACTS))
            case "counts" if line["flow"] in self._flows:
                days = f" up to {line['until'][:10]}" if "until" in line else ""
                self._show(f"flow {line['flow']}{days}", self._flows.index(line["flow"]), len(self._flows))

    def _show(self, words: str, done: int, of: int) -> None:
        self._bar.update(self._task, description=words, completed=done, total=of)


def answer(installation: Installation, *, repair: bool) -> Iterator[dict[str, Any]]:
    for line in installation.lines("POST", PATH, json={"repair": repair}):
        yield json.loads(line)


def differences(line: dict[str, Any]) -> Iterator[str]:
    for each in line.get("shown", ()):
        about = ", ".join(f"{name} {value}" for name, value in each["about"].items() if value)
        when = "in all" if each["grain"] == "all" else f"in the {each['grain']} of {each['start']}"
        yield f"{about}, {when}: {each['counter']} is {each['found']}, should be {each['expected']}"
    if (rest := line.get("differences", 0) - len(line.get("shown", ()))) > 0:
        yield f"flow {line['flow']}: and {rest} more"


def tell(totals: Counter[str], *, repair: bool) -> None:
    looked = (
        f"{totals['contacts']:,} contacts, {totals['facts']:,} facts and {totals['rows']:,} rows of counts"
    )
    faults = {name: totals[name] for name in WORDS}
    if not any(faults.values()):
        say(f"Figures equal the truth: {looked}.")
        return
    words = ", ".join(f"{number:,} {WORDS[name]}" for name, number in faults.items() if number)
    say(f"{looked}: {words}{'; put right' if repair else ''}.")


WORDS = {
    "missing": "facts missing",
    "surplus": "facts too many",
    "changed": "facts otherwise than they were",
    "differences": "counters off",
    "unlike": "steps unlike the flow's",
}
ADDED = ("contacts", "facts", "rows", *WORDS)
