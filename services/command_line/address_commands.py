"""`headrace addresses`: who can't be mailed, who has complained, and what is done with them."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.table import Table

from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.participant_commands import moment
from services.command_line.terminal import AsJson, Key, Url, connect, console, say, write_json

PATH = "/v1/addresses"


class AddressList(StrEnum):
    BLOCKED = "blocked"
    COMPLAINTS = "complaints"


def addresses(
    which: Annotated[AddressList, typer.Argument(metavar="[blocked|complaints]", help="Which list.")],
    address: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", show_default=False, help="This one alone; may be given several times."),
    ] = None,
    unblock: Annotated[bool, typer.Option("--unblock", help="Let them get mail again.")] = False,
    retire: Annotated[
        bool, typer.Option("--retire", help="Mark the contacts who have them as former employees.")
    ] = False,
    add_to: Annotated[
        str | None, typer.Option(metavar="SELECTION", show_default=False, help="Add those contacts to it.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(metavar="PROJECT", show_default=False, help="Add those contacts to it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 100,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write the whole list as CSV.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List addresses that get no mail, or whose owners have complained; or do something with all of them."""
    installation = connect(url, key)
    task = wanted_task(add_to, project, unblock=unblock, retire=retire)
    if task is not None:
        taken = perform(installation, task, {"addresses": address} if address else {"listed": which.value})
        say(f"{taken} taken")
    elif as_csv:
        sys.stdout.write(installation.ask("GET", f"{PATH}/{which}.csv").text)
    else:
        show(installation, which, limit, as_json=as_json)


def wanted_task(
    add_to: str | None, project: str | None, *, unblock: bool, retire: bool
) -> dict[str, str] | None:
    """As `/v1/addresses/tasks` takes it; raises `CommandFailed` where more than one is asked for."""
    tasks = [
        *([{"kind": "unblock"}] if unblock else []),
        *([{"kind": "mark_as_former_employee"}] if retire else []),
        *([{"kind": "add_to_selection", "selection": add_to}] if add_to else []),
        *([{"kind": "add_to_project", "project": project}] if project else []),
    ]
    if len(tasks) > 1:
        raise CommandFailed("one thing at a time: --unblock, --retire, --add-to or --project")
    return tasks[0] if tasks else None


def perform(installation: Installation, task: Mapping[str, str], whom: Mapping[str, Any]) -> int:
    """Request by request, all under one id, to the end of the list."""
    asked = {"task": task, "id": uuid4().hex, **whom}
    taken = 0
    after: str | None = None
    while True:
        answer = installation.ask("POST", f"{PATH}/tasks", json=asked | {"after": after}).json()
        taken += int(answer["taken"])
        after = answer["next"]
        if after is None:
            return taken


def show(installation: Installation, which: AddressList, limit: int, *, as_json: bool) -> None:
    rows = list(islice(installation.pages(f"{PATH}/{which}", "items", limit=min(limit, 1000)), limit))
    if as_json:
        write_json(rows)
    elif rows:
        console.print(table(rows))
    else:
        say("None.")


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("Address", "Reason", "Bounces", "Since", "Complained", box=None, pad_edge=False)
    for row in rows:
        times = moment(row["at"]), moment(row["complained_at"])
        shown.add_row(row["address"], row["reason"], str(row["bounces"]), *times)
    return shown
