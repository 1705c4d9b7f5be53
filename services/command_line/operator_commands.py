"""What operators ask of an installation as a whole: who owns what, what is late, replay, forgetting."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from services.command_line import clock_words
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.participant_commands import moment
from services.command_line.terminal import (
    AsJson,
    Key,
    Url,
    connect,
    console,
    errors,
    parsed,
    say,
    write_json,
)

PATH = "/v1/operations"
AGO = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|min|h|d|w)")
FORGET_SECONDS = 120.0
"""After which the command no longer waits; the installation goes on."""
ASK_SECONDS = 20.0


def since(text: str) -> datetime:
    """A moment of the machine's clock, or how long ago: `2026-03-02T12:00`, `2h`. Raises `ValueError`."""
    if found := AGO.fullmatch(text.strip()):
        seconds = float(found["number"]) * clock_words.SECONDS[found["unit"]]
        return datetime.now(UTC) - timedelta(seconds=seconds)
    try:
        return clock_words.start(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 2026-03-02T12:00, or 2h for two hours ago") from None


def partitions(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """List who owns which partition, and how far behind it is."""
    found = connect(url, key).read(f"{PATH}/partitions")["items"]
    if as_json:
        write_json(found)
    else:
        console.print(partition_table(found))


def partition_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("Service", "Partition", "Owner", box=None, pad_edge=False)
    for name in ("Waiting", "Behind"):
        table.add_column(name, justify="right")
    table.add_column("Decided up to")
    for row in rows:
        owner = row["owner"] if row["alive"] else "nobody" + (" (its last is gone)" if row["owner"] else "")
        behind = f"{row['behind']:.0f} s" if row["behind"] else ""
        cells = (
            row["service"],
            str(row["partition"]),
            owner,
            str(row["waiting"]),
            behind,
            moment(row["last"]),
        )
        table.add_row(*cells, style=None if row["alive"] else "red")
    return table


def stuck(
    late: Annotated[float, typer.Option(min=0, max=86_400, help="Seconds that are not late yet.")] = 60,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="At most so many for each flow and reason.")
    ] = 100,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """List participants, tickets and acts that are late, each with the reason."""
    found = connect(url, key).read(f"{PATH}/stuck", late=late, limit=limit)
    if as_json:
        write_json(found)
        return
    for line in list(stuck_lines(found)) or ["Nothing is stuck."]:
        say(line)


def stuck_lines(found: dict[str, Any]) -> Iterator[str]:
    for row in found["tickets"]:
        number = "1 ticket" if row["tickets"] == 1 else f"{row['tickets']} tickets"
        where = f"{row['service']} {row['partition']}"
        yield f"{where}: {number}, the oldest for {row['seconds']:.0f} s: {row['reason']}"
    for row in found["acts"]:
        yield f"flow {row['flow']}: since {moment(row['since'])}: {row['reason']}"
    for row in found["participants"]:
        who = f"contact {row['contact']} in flow {row['flow']} at {row['step']}"
        yield f"{who}: since {moment(row['since'])}: {row['reason']}"


def replay(
    since_: Annotated[
        Any,
        typer.Option("--since", parser=parsed(since), metavar="TIME", show_default=False,
                     help="Machine time, such as 2026-03-02T12:00 (UTC), or 2h for two hours ago."),
    ],
    flow: Annotated[str | None, typer.Option(help="For this flow alone.", show_default=False)] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Suggest people again to flows that never decided on their events. What was decided stays decided."""
    done = replayed(connect(url, key), since_, flow)
    if as_json:
        write_json(done)
        return
    say(f"{done['looked']} events looked at, {done['reissued']} suggestions reissued")
    if done["under_way"]:
        say(f"{done['under_way']} are on their way or parked (`headrace parked list`), and left alone")
    if done["unknowable"]:
        say(
            f"{done['unknowable']} can't be told: their triggers ask for values before the event, which are not kept"
        )


def replayed(installation: Installation, start: datetime, flow: str | None) -> dict[str, int]:
    """The sums over all pages."""
    sums = dict.fromkeys(("looked", "reissued", "under_way", "unknowable"), 0)
    body: dict[str, Any] | None = {"since": start.isoformat(), "flow": flow}
    with errors.status("reading the archive"):
        while body is not None:
            page = installation.ask("POST", f"{PATH}/replay", json=body).json()
            sums = {name: number + page[name] for name, number in sums.items()}
            body = page["next"]
    return sums


def forget(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Erase a contact's data everywhere, for good. Ids and figures stay; it leaves every flow."""
    installation = connect(url, key)
    if not yes:
        typer.confirm(f"Erase all data of contact {contact}? There is no way back.", abort=True, err=True)
    erased = forgotten(installation, contact)
    if as_json:
        write_json(erased)
        return
    counted = ", ".join(f"{number} in {name}" for name, number in erased.items() if number)
    say(f"contact {contact}: forgotten ({counted or 'there was nothing'})")


def forgotten(installation: Installation, contact: str) -> dict[str, int]:
    """What was erased, by collection; asks again while something of the contact moves. Raises `CommandFailed`."""
    erased: dict[str, int] = {}
    for _ in range(int(FORGET_SECONDS / ASK_SECONDS)):
        body = {"contact": contact, "patience": ASK_SECONDS}
        answer = installation.ask("POST", f"{PATH}/forget", json=body).json()
        erased = {name: erased.get(name, 0) + number for name, number in answer["erased"].items()}
        if answer["done"]:
            return erased
        errors.print(f"not yet: {answer['waits_for']}", style="dim", highlight=False)
    raise CommandFailed(
        f"contact {contact} is not forgotten yet: {answer['waits_for']}; what lay still is erased, and the "
        "installation goes on by itself"
    )
