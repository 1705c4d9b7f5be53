"""`headrace participants`: who is or was in a flow, and what is done with them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.table import Table

from common.domain.reasons import DropOut, Status
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.terminal import AsJson, Key, Url, connect, console, errors, say, write_json

NARROW = ("Contact", "Status", "Step", "Since", "Until", "Reason", "Last message")
"""What is shown where a terminal has no room for everything."""
WIDE_COLUMNS = 150
PAGE = 500


Filter = Mapping[str, Any]
"""What is wanted of them, as `/v1/participants` takes it."""


def participants(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="The flow's id.")],
    status: Annotated[Status | None, typer.Option(help="Only those of this status.")] = None,
    step: Annotated[str | None, typer.Option(help="Only those on this step.", show_default=False)] = None,
    reason: Annotated[DropOut | None, typer.Option(help="Only those who dropped out for it.")] = None,
    search: Annotated[
        str | None, typer.Option(help="A contact's id or e-mail address.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 100,
    add_to: Annotated[
        str | None, typer.Option(metavar="SELECTION", help="Add them all to it.", show_default=False)
    ] = None,
    suggest: Annotated[
        str | None, typer.Option(metavar="FLOW", help="Suggest them all for it.", show_default=False)
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Erase their passages: as if they had never come in.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before removing.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List who is or was in a flow; or do something with all of them who match, however many."""
    wanted = {"status": status, "step": step, "reason": reason, "search": search}
    installation, filter_ = (
        connect(url, key),
        {name: each for name, each in wanted.items() if each is not None},
    )
    task = wanted_task(add_to, suggest, remove=remove)
    if task is None:
        show(listed(installation, flow, filter_, limit), limit, as_json=as_json)
        return
    if remove and not yes:
        typer.confirm(f"Erase the passages of {described(filter_)} in {flow}?", abort=True)
    counts = perform(installation, flow, filter_, task)
    if as_json:
        write_json(counts)
    else:
        say(f"{counts['taken']} taken, {counts['repeated']} had it before them already")


def wanted_task(add_to: str | None, suggest: str | None, *, remove: bool) -> dict[str, str] | None:
    """As `/v1/participants/tasks` takes it; raises `CommandFailed` where more than one is asked for."""
    tasks = [
        *([{"kind": "add_to_selection", "selection": add_to}] if add_to else []),
        *([{"kind": "suggest_for_flow", "flow": suggest}] if suggest else []),
        *([{"kind": "remove"}] if remove else []),
    ]
    if len(tasks) > 1:
        raise CommandFailed("one thing at a time: --add-to, --suggest or --remove")
    return tasks[0] if tasks else None


def described(wanted: Filter) -> str:
    return " and ".join(f"all with {name} {each}" for name, each in wanted.items()) or "everybody"


def perform(installation: Installation, flow: str, wanted: Filter, task: Mapping[str, str]) -> dict[str, int]:
    """Request by request, all under one id, until nobody is left who matches."""
    asked = {"flow": flow, "task": task, "matching": wanted, "id": uuid4().hex}
    counts = {"taken": 0, "repeated": 0}
    after: str | None = None
    while True:
        answer = installation.ask("POST", "/v1/participants/tasks", json=asked | {"after": after}).json()
        counts = {each: number + answer[each] for each, number in counts.items()}
        after = answer["next"]
        if after is None:
            return counts


def listed(installation: Installation, flow: str, wanted: Filter, limit: int) -> list[dict[str, Any]]:
    """The first `limit` of a flow's participants, as `/v1/participants` shows them."""
    rows = installation.pages("/v1/participants", "participants", flow=flow, limit=min(limit, PAGE), **wanted)
    return list(islice(rows, limit))


def show(found: list[dict[str, Any]], limit: int, *, as_json: bool) -> None:
    if as_json:
        write_json(found)
    elif found:
        console.print(participant_table(found, console.width))
    else:
        say("Nobody.")
    if len(found) == limit:
        errors.print(f"The first {limit} are shown; --limit shows more.", style="dim")


def participant_table(rows: Iterable[dict[str, Any]], width: int) -> Table:
    """All that is shown of a participant (domain.md §5), or less on a terminal of few columns."""
    shown = [cells(row) for row in rows]
    names = [name for name in shown[0] if width >= WIDE_COLUMNS or name in NARROW] if shown else NARROW
    table = Table(*names, box=None, pad_edge=False)
    for row in shown:
        table.add_row(*(row[name] for name in names))
    return table


def cells(row: dict[str, Any]) -> dict[str, str]:
    """A participant as a person reads it."""
    reason = " – ".join(str(row[name]) for name in ("reason", "reason_text") if row.get(name))
    return {
        "Contact": row["contact"],
        "Name": row["name"],
        "E-mail": row["email"] or "",
        "Company": row["company"] or "",
        "Enrolled": moment(row["enrolled_at"]),
        "Status": row["status"].replace("_", " "),
        "Step": row["step"],
        "Since": moment(row["since"]),
        "Until": moment(row["until"]),
        "Reason": reason.replace("_", " "),
        "Last message": message(row["last_message"], row["message_status"]),
        "Sent": moment((row["last_message"] or {}).get("at")),
    }


def moment(value: Any) -> str:
    """Business time in UTC, to the minute."""
    return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}" if value else ""


def message(last: Any, status: str | None) -> str:
    """Its content, and how it fares; one that was never for its recipient's eyes has the ledger's word."""
    if not isinstance(last, dict):
        return ""
    return f"{last.get('content', '')} ({(status or last.get('status', '')).replace('_', ' ')})"
