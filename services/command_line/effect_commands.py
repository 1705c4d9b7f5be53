"""`headrace effects`: what is on its way, and what nobody knows the end of."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from services.command_line.installation import DEFAULT_URL
from services.command_line.participant_commands import moment
from services.command_line.terminal import AsJson, Key, Url, connect, console, say, write_json

PATH = "/v1/operations/effects"
LIMIT = 1000

app = typer.Typer(help="Messages on their way, and doubts about them.", invoke_without_command=True)

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As `effects --in-doubt` shows them.")]


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"


@app.callback()
def effects(
    context: typer.Context,
    in_doubt: Annotated[bool, typer.Option("--in-doubt", help="List those that may have arrived.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Count the messages that are not settled, or list those in doubt."""
    if context.invoked_subcommand is not None:
        return
    found = connect(url, key).read(PATH, limit=LIMIT)
    if as_json:
        write_json(found["items"] if in_doubt else found["counts"])
    elif not in_doubt:
        for state, number in found["counts"].items():
            say(f"{number:>8}  {state.replace('_', ' ')}")
    elif found["items"]:
        console.print(table(found["items"]))
    else:
        say("Nothing is in doubt.")


@app.command()
def resend(ids: Ids, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Send once more what may have arrived."""
    installation = connect(url, key)
    for name in ids:
        installation.ask("POST", f"{PATH}/{name}/resend")
        say(f"effect {name}: will be sent again")


@app.command()
def settle(
    effect: Annotated[str, typer.Argument(metavar="ID", help="As `effects --in-doubt` shows it.")],
    outcome: Annotated[Outcome, typer.Argument(help="What the mail server's log says of it.")],
    note: Annotated[str, typer.Option(help="How that is known, for the explanation.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Say what became of a message in doubt."""
    connect(url, key).ask("POST", f"{PATH}/{effect}/settle", json={"outcome": outcome, "note": note})
    say(f"effect {effect}: {outcome}")


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table(
        "ID", "Planned", "Flow", "Step", "Content", "Contact", "Message-ID", box=None, pad_edge=False
    )
    for row in rows:
        shown.add_row(
            row["id"],
            moment(row["planned_at"]),
            row["flow"],
            row["step"],
            row["content"],
            row["contact"],
            f"{row['message_id']}@…",
        )
    return shown
