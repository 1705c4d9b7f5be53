"""`headrace parked`: records that could not be handled."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer
from rich.table import Table

from common.messages.topology import Service
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.participant_commands import moment
from services.command_line.terminal import AsJson, Key, Url, connect, console, say, write_json

PATH = "/v1/operations/parked"
PAGE = 500

app = typer.Typer(help="Records that could not be handled.", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As `parked list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]
Of = Annotated[Service | None, typer.Option("--service", help="Only those that this service took out.")]


@app.command("list")
def list_(service: Of = None, url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """List what was taken out, and why."""
    found = parked(connect(url, key), service)
    if as_json:
        write_json(found)
    elif found:
        console.print(table(found))
    else:
        say("Nothing is parked.")


@app.command()
def show(
    parked_id: Annotated[str, typer.Argument(metavar="ID", help="As `parked list` shows it.")],
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Write one of them as JSON, with all that it holds."""
    write_json(connect(url, key).read(f"{PATH}/{parked_id}"))


@app.command()
def replay(
    ids: Ids = None, every: All = False, service: Of = None, url: Url = DEFAULT_URL, key: Key = None
) -> None:
    """Put records back where they were taken out: after the fault is put right. What was decided on them stays."""
    installation = connect(url, key)
    each(
        installation,
        ids,
        every,
        service,
        lambda i: installation.ask("POST", f"{PATH}/{i}/replay"),
        "taken up again",
    )


@app.command()
def drop(
    ids: Ids = None, every: All = False, service: Of = None, url: Url = DEFAULT_URL, key: Key = None
) -> None:
    """Throw records away for good. Their events stay in the archive."""
    installation = connect(url, key)
    each(installation, ids, every, service, lambda i: installation.ask("DELETE", f"{PATH}/{i}"), "dropped")


def each(
    installation: Installation,
    ids: Iterable[str] | None,
    every: bool,
    service: Service | None,
    act: Callable[[str], Any],
    done: str,
) -> None:
    """Do this to the named ones, or to all."""
    if bool(ids) == every:
        raise CommandFailed("name the records by their ids, or say --all")
    names = [row["id"] for row in parked(installation, service)] if every else list(ids or ())
    for name in names:
        act(name)
        say(f"parked record {name}: {done}")
    if not names:
        say("Nothing is parked.")


def parked(installation: Installation, service: Service | None) -> list[dict[str, Any]]:
    """The oldest first."""
    rows = installation.pages(PATH, "items", service=service, limit=PAGE)
    return sorted(rows, key=lambda row: (row["at"], row["id"]))


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("ID", "At", "Service", "Partition", "Type", "Contact", "Error", box=None, pad_edge=False)
    for row in rows:
        shown.add_row(
            row["id"],
            moment(row["at"]),
            row["service"],
            str(row["partition"]),
            row["type"],
            row["contact"] or "",
            row["error"].splitlines()[0] if row["error"] else "",
        )
    return shown
