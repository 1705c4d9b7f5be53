"""`headrace refused`: messages from the bus, or of the CRM's, that could not be archived."""

from typing import Annotated, Any

import typer
from rich.table import Table

from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.participant_commands import moment
from services.command_line.terminal import AsJson, Key, Url, connect, console, say, write_json

PATH = "/v1/events/refused"
PAGE = 500

app = typer.Typer(help="Messages that could not be archived.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `refused list` shows it.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As `refused list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


@app.command("list")
def list_(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """List what was refused, by which way in, and why."""
    found = refused(connect(url, key))
    if as_json:
        write_json(found)
    elif found:
        console.print(table(found))
    else:
        say("Nothing is refused.")


@app.command()
def show(refused_id: Id, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Write one of them as JSON, with its whole body and all its errors."""
    write_json(connect(url, key).read(f"{PATH}/{refused_id}"))


@app.command()
def retry(refused_id: Id, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Read a message from the bus once more, as after an upgrade: archived if all of it is good now."""
    told = connect(url, key).ask("POST", f"{PATH}/{refused_id}/retry").json()
    say(f"refused message {refused_id}: {told['accepted']} archived, {told['duplicates']} were so before")


@app.command()
def drop(ids: Ids = None, every: All = False, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Throw messages away for good."""
    if bool(ids) == every:
        raise CommandFailed("name the messages by their ids, or say --all")
    installation = connect(url, key)
    names = [row["id"] for row in refused(installation)] if every else list(ids or ())
    for name in names:
        installation.ask("DELETE", f"{PATH}/{name}")
        say(f"refused message {name}: dropped")
    if not names:
        say("Nothing is refused.")


def refused(installation: Installation) -> list[dict[str, Any]]:
    """The oldest first."""
    return sorted(installation.pages(PATH, "refused", limit=PAGE), key=lambda row: (row["at"], row["id"]))


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("ID", "At", "Way", "Bytes", "Error", box=None, pad_edge=False)
    for row in rows:
        shown.add_row(row["id"], moment(row["at"]), row["way"], str(row["size"]), first_error(row["errors"]))
    return shown


def first_error(errors: list[dict[str, str]]) -> str:
    """Its place and what is wrong there, and how many more there are."""
    if not errors:
        return ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return " ".join(part for part in (errors[0].get("pointer"), errors[0].get("detail")) if part) + more
