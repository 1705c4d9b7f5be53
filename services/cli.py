"""The command line: `headrace up`, and clients of a running installation."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from common.domain.flow_schema import flow_schema
from common.domain.life_cycle import Act
from common.domain.story import story_schema
from services.command_line import (
    address_commands,
    bulk_commands,
    clock_words,
    crm_commands,
    effect_commands,
    export_command,
    flow_commands,
    operator_commands,
    parked_commands,
    participant_commands,
    preview_command,
    refused_commands,
    report_commands,
)
from services.command_line.apply_command import Applied, Checked, apply_file
from services.command_line.business_clock import WantedClock
from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL
from services.command_line.terminal import AsJson, Key, Url, connect, console, errors, parsed, say, write_json
from services.command_line.upload import CONTACTS, EVENTS, Destination, upload

app = typer.Typer(
    name="headrace",
    help="Marketing automation: flows that move contacts through mail, waits and splits, exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

SHOWN_REJECTIONS = 20

FlowId = Annotated[str, typer.Argument(metavar="FLOW", help="The flow's id.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The file to read.", dir_okay=False)]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point. Exit codes: 0, 1 (what went wrong is on stderr), 2 (the command was misspelt)."""
    try:
        app(args=None if arguments is None else list(arguments))
    except CommandFailed as error:
        errors.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1)


@app.command()
def up(
    demo: Annotated[
        bool, typer.Option("--demo/--empty", help="With a flow and people to watch, or with nothing but yours.")
    ] = False,
    clock: Annotated[
        Any,
        typer.Option(parser=parsed(clock_words.start), metavar="TIME", show_default=False,
                     help="Where business time begins in a new installation, such as 1997-01-01."),
    ] = None,
    speed: Annotated[
        Any,
        typer.Option(parser=parsed(clock_words.speed), metavar="SPEED", show_default=False,
                     help="How fast business time goes: 1d/s, 12h/s, 30min/s, 1."),
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, show_default=False, help="Default: 8080.")] = None,
    host: Annotated[str | None, typer.Option(show_default=False, help="Default: 127.0.0.1.")] = None,
) -> None:  # fmt: skip
    """Run everything in one process, until Ctrl-C."""
    from services.command_line.up import (
        Wanted,
        up,
    )  # the engine takes a second to load; clients don't need it

    wanted = Wanted(demo=demo, clock=WantedClock(clock, speed), host=host, port=port)
    raise typer.Exit(up(wanted, console))


@app.command()
def apply(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML or JSON.")],
    run: Annotated[bool, typer.Option("--run", help="Also run the flows that do not run yet.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:  # fmt: skip
    """Save the flows, contents, forms, selections and projects of a file, and upload the attachments beside it."""
    installation = connect(url, key)
    for file in files:
        for told in apply_file(installation, file):
            match told:
                case Applied():
                    for name in told.uploaded:
                        say(f"attachment {name}: uploaded")
                    say(f"{told.kind} {told.id}: {told.outcome}")
                case Checked():
                    complain(told)
                    if run:
                        flow_commands.run_unless_running(installation, told.flow)
                        say(f"flow {told.flow}: runs")


def complain(checked: Checked) -> None:
    for fault in checked.faults:
        errors.print(f"before it can run: {fault}", style="yellow", markup=False, soft_wrap=True)
    for warning in checked.warnings:
        errors.print(f"warning: {warning}", style="yellow", markup=False, soft_wrap=True)


def act_on(act: Act, flow: str, url: str, key: str | None) -> None:
    flow_commands.perform(connect(url, key), act, flow)
    say(f"flow {flow}: {flow_commands.PAST[act]}")


@app.command()
def run(flow: FlowId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Let people in."""
    for warning in flow_commands.warnings(connect(url, key), flow):
        errors.print(f"warning: {warning}", style="yellow", markup=False, soft_wrap=True)
    act_on(Act.RUN, flow, url, key)


@app.command()
def pause(flow: FlowId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Freeze everybody where they stand; the flow can be edited meanwhile."""
    act_on(Act.PAUSE, flow, url, key)


@app.command()
def resume(flow: FlowId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Go on after a pause, with what was edited."""
    act_on(Act.RESUME, flow, url, key)


@app.command()
def end(flow: FlowId, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Stop for good: whoever is inside is cancelled."""
    act_on(Act.END, flow, url, key)


@app.command()
def flows(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """List the flows with their figures."""
    found = flow_commands.all_flows(connect(url, key))
    if as_json:
        write_json(found)
    elif found:
        console.print(flow_commands.flow_table(found))
    else:
        say("There are no flows yet; `headrace apply FILE` brings one.")


@app.command()
def why(
    flow: FlowId,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's id.")],
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Tell each decision of a flow about a contact, and what it was made on."""
    told = connect(url, key).read("/v1/why", flow=flow, contact=contact)
    if as_json:
        write_json(told)
        return
    for line in told["lines"] or [f"The flow {flow} has decided nothing about the contact {contact}."]:
        say(line)


def send_file(file: Path, destination: Destination, url: str, key: str | None, *, as_json: bool) -> None:
    """Send a file with a progress bar, then say what became of it."""
    bar = Progress(
        TextColumn(file.name, markup=False), BarColumn(), "{task.percentage:>3.0f} %", TimeRemainingColumn(),
        console=errors, transient=True, disable=not errors.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(file.name, total=file.stat().st_size if file.is_file() else None)
        summary = upload(connect(url, key), file, destination, lambda end: bar.update(task, completed=end))
    if as_json:
        write_json(summary.as_json())
    else:
        say(f"{summary.accepted} accepted, {summary.duplicates} duplicates, {summary.rejected} rejected")
        for rejection in summary.rejections[:SHOWN_REJECTIONS]:
            errors.print(
                f"{file.name}: {rejection}", style="red", highlight=False, markup=False, soft_wrap=True
            )
        if summary.rejected > SHOWN_REJECTIONS:
            errors.print(f"… and {summary.rejected - SHOWN_REJECTIONS} more; --json lists them", style="red")
    if summary.rejected:
        raise typer.Exit(1)


@app.command()
def post(file: File, url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Post the events of a file: JSON lines, a JSON array, or CSV."""
    send_file(file, EVENTS, url, key, as_json=as_json)


@app.command(name="import")
def import_(file: File, url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Import the contacts of a file (CSV, JSON lines, a JSON array). Imports start no flow."""
    send_file(file, CONTACTS, url, key, as_json=as_json)


@app.command()
def test(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="YAML or JSON, with flows and stories.")
    ],
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Tell every decision of every story.")
    ] = False,
) -> None:
    """Tell the stories written beside flows, with no server: does what they expect come true?"""
    from services.command_line import (
        story_command,  # the engine takes a second to load; clients don't need it
    )

    good = story_command.test(files, verbose=verbose)
    raise typer.Exit(0 if good else 1)


class Shape(StrEnum):
    FLOW = "flow"
    STORY = "story"


@app.command()
def schema(
    of: Annotated[Shape, typer.Argument(metavar="[flow|story]", help="Which document.")] = Shape.FLOW,
) -> None:
    """Write the JSON Schema of a flow or a story, for editors."""
    write_json(flow_schema() if of is Shape.FLOW else story_schema())


@app.command(name="doctor")
def examine() -> None:
    """Tell what is missing to run Headrace here, and what to do about it."""
    from services.command_line import doctor  # clients of servers that no other command needs

    good = True
    for finding in doctor.examine():
        good = good and finding.good
        mark = "[green]✓[/green]" if finding.good else "[red]✗[/red]"
        console.print(mark, end=" ")
        say(finding.text)
        if not finding.good and finding.advice:
            say(f"  → {finding.advice}")
    raise typer.Exit(0 if good else 1)


app.command()(preview_command.preview)
app.command()(participant_commands.participants)
app.command()(address_commands.addresses)
app.command()(bulk_commands.enrol)
app.add_typer(bulk_commands.app, name="bulk")
app.command()(bulk_commands.schedules)
app.command()(export_command.export)
app.command()(operator_commands.partitions)
app.command()(operator_commands.stuck)
app.add_typer(parked_commands.app, name="parked")
app.add_typer(refused_commands.app, name="refused")
app.add_typer(effect_commands.app, name="effects")
app.add_typer(crm_commands.app, name="crm")
app.add_typer(report_commands.app, name="reports")
app.command()(report_commands.report)
app.command()(operator_commands.replay)
app.command()(operator_commands.forget)


if __name__ == "__main__":
    main()
