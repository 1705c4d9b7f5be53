"""`headrace enrol`, `bulk` and `schedules`: people and whole selections suggested for a flow, by hand or on the
calendar, and how far that is."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from common.domain.bulk import BulkState
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.participant_commands import moment
from services.command_line.terminal import AsJson, Key, Url, connect, console, errors, say, write_json

PATH = "/v1/enrolments/bulk"
SCHEDULES = "/v1/enrolments/schedules"
MOST_CONTACTS = 5_000
"""In one request."""
LOOK_SECONDS = 0.5
GOES_ON = BulkState.RUNNING

app = typer.Typer(help="Whole selections suggested for flows.", no_args_is_help=True)

BulkId = Annotated[str, typer.Argument(metavar="ID", help="As `bulk list` shows it.")]
Follow = Annotated[bool, typer.Option("--follow", help="Show the progress until it is over or paused.")]


def enrol(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="The flow's id.")],
    selection: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="Everybody on this selection.")
    ] = None,
    contact: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", show_default=False, help="This contact; may be given several times."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--id", metavar="NAME", show_default=False, help="The same again does nothing."),
    ] = None,
    follow: Follow = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Suggest people for a flow by hand: its filter and exclusion lists decide."""
    if (selection is None) == (not contact):
        raise CommandFailed("say --selection NAME, or --contact ID once for each")
    installation, name = connect(url, key), name or uuid4().hex
    if selection is None:
        told(suggested(installation, flow, contact or [], name), as_json)
        return
    asked = {"flow": flow, "selection": selection, "id": name}
    bulk = installation.ask("POST", PATH, json=asked).json()
    if follow:
        bulk = followed(installation, bulk)
    told_bulk(bulk, as_json)


def suggested(installation: Installation, flow: str, contacts: Sequence[str], name: str) -> dict[str, int]:
    """How many suggestions were taken, and how many were known from before."""
    counts = {"accepted": 0, "duplicates": 0}
    for first in range(0, len(contacts), MOST_CONTACTS):
        body = {"flow": flow, "contacts": contacts[first : first + MOST_CONTACTS], "id": name}
        answer = installation.ask("POST", "/v1/enrolments", json=body).json()
        counts = {each: number + answer[each] for each, number in counts.items()}
    return counts


def told(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        write_json(counts)
    else:
        say(f"{counts['accepted']} suggested, {counts['duplicates']} duplicates")


def told_bulk(bulk: dict[str, Any], as_json: bool) -> None:
    if as_json:
        write_json(bulk)
    else:
        say(in_words(bulk))


def in_words(bulk: dict[str, Any]) -> str:
    """How far a bulk enrolment is, in a line."""
    of = "" if bulk["total"] is None else f" of {bulk['total']}"
    refused = ", ".join(f"{number} {why.replace('_', ' ')}" for why, number in bulk["refused"].items())
    return (
        f"bulk enrolment {bulk['id']} ({bulk['selection']} → {bulk['flow']}) is "
        f"{bulk['state'].replace('_', ' ')}: {bulk['suggested']}{of} suggested, {bulk['enrolled']} enrolled"
        f"{f', refused: {refused}' if refused else ''}"
    )


def followed(
    installation: Installation, bulk: dict[str, Any], wait: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """The bulk enrolment as it is when it goes on no longer; a bar on the way."""
    bar = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        console=errors, transient=True, disable=not errors.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(f"{bulk['selection']} → {bulk['flow']}", total=bulk["total"])
        while bulk["state"] == GOES_ON:
            wait(LOOK_SECONDS)
            bulk = installation.read(f"{PATH}/{bulk['id']}")
            bar.update(task, completed=bulk["suggested"])
    return bulk


def schedules(
    flow: Annotated[str | None, typer.Option(show_default=False, help="Only those of this flow.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List when flows suggest people by themselves, and what came of the last time."""
    found = connect(url, key).read(SCHEDULES, flow=flow)["items"]
    if as_json:
        write_json(found)
    elif found:
        console.print(schedule_table(found))
    else:
        say("No open flow has a schedule.")


@app.command("list")
def list_(
    flow: Annotated[str | None, typer.Option(show_default=False, help="Only those for this flow.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many.")] = 50,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List bulk enrolments with their progress, those started last first."""
    found = connect(url, key).read(PATH, flow=flow, limit=limit)["items"]
    if as_json:
        write_json(found)
    elif found:
        console.print(table(found))
    else:
        say("There are none; `headrace enrol FLOW --selection NAME` starts one.")


@app.command()
def show(
    bulk: BulkId, follow: Follow = False, url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False
) -> None:
    """Tell how far one is."""
    installation = connect(url, key)
    found = installation.read(f"{PATH}/{bulk}")
    told_bulk(followed(installation, found) if follow else found, as_json)


@app.command()
def pause(bulk: BulkId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Suggest nobody more until it is resumed; those who are go their way."""
    act(bulk, "pause", url, key)


@app.command()
def resume(bulk: BulkId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Go on where it stood."""
    act(bulk, "resume", url, key)


@app.command()
def cancel(bulk: BulkId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Stop it for good; whoever is in the flow stays."""
    act(bulk, "cancel", url, key)


def act(bulk: str, what: str, url: str, key: str | None) -> None:
    say(in_words(connect(url, key).ask("POST", f"{PATH}/{bulk}/{what}").json()))


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("ID", "Flow", "Selection", "Started", "State", box=None, pad_edge=False)
    for name in ("Total", "Suggested", "Enrolled", "Refused"):
        shown.add_column(name, justify="right")
    for row in rows:
        shown.add_row(
            row["id"],
            row["flow"],
            row["selection"],
            moment(row["started_at"]),
            row["state"].replace("_", " "),
            "–" if row["total"] is None else str(row["total"]),
            str(row["suggested"]),
            str(row["enrolled"]),
            str(sum(row["refused"].values())),
        )
    return shown


def schedule_table(rows: list[dict[str, Any]]) -> Table:
    shown = Table(
        "Flow", "Selection", "When", "Next (UTC)", "Last (UTC)", "What came of it", box=None, pad_edge=False
    )
    for row in rows:
        last, settings = row["last"] or {}, row["settings"]
        when = [str(settings[name]) for name in settings if name not in ("kind", "selection")]
        shown.add_row(
            row["flow"],
            row["selection"],
            f"{' '.join(when)} {row['timezone']}",
            moment(row["due"]) or "–",
            moment(last.get("at")) or "–",
            outcome(last, row["bulk"]),
        )
    return shown


def outcome(last: dict[str, Any], bulk: str | None) -> str:
    if not last:
        return ""
    came = f"skipped: {last['skipped'].replace('_', ' ')}" if last["skipped"] else f"bulk enrolment {bulk}"
    missed = f"; those from {moment(last['missed_since'])} on were missed" if last["missed_since"] else ""
    return came + missed
