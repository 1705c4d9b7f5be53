"""What all commands share: how they write to the terminal, and the options that name the installation."""

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console

from services.command_line.installation import Installation, find_key

PIPED_WIDTH = 240
"""Columns of a table that no terminal limits."""

console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True)

Url = Annotated[str, typer.Option("--url", envvar="HEADRACE_URL", help="Where the installation is.")]
Key = Annotated[
    str | None,
    typer.Option("--key", envvar="HEADRACE_KEY", show_default=False,
                 help="An API key; without it that in the data folder, on this machine."),
]  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]


def connect(url: str, key: str | None) -> Installation:
    return Installation(url, find_key(url, key))


def say(text: str) -> None:
    """One line, as it is."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def write_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def parsed(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of option values whose `ValueError` becomes the command line's own complaint."""

    def parse(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    parse.__name__ = read.__name__
    return parse
