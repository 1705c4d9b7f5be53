"""`headrace reports`: whether figures equal the truth, and putting them right."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import typer

from services.command_line.failures import CommandFailed
from services.command_line.installation import DEFAULT_URL, Installation
from services.command_line.terminal import AsJson, Key, Url, connect, say

PATH = "/v1/reports/verification"

app = typer.Typer(help="Check that figures equal the truth, and put them right.", no_args_is_help=True)


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
    for line in answer(installation, repair=repair):
        if as_json:
            say(json.dumps(line))
        if line["looked"] == "all":
            if not as_json:
                tell(totals, repair=repair)
            return bool(line["equal"])
        totals.update({name: number for name, number in line.items() if isinstance(number, int)})
        if not as_json:
            for words in differences(line):
                say(words)
    raise CommandFailed("The answer was cut short; try again.")


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
    looked = f"{totals['contacts']:,} contacts and {totals['rows']:,} rows of counts"
    faults = {name: totals[name] for name in ("missing", "surplus", "stale", "differences")}
    if not any(faults.values()):
        say(f"Figures equal the truth: {looked}.")
        return
    words = ", ".join(f"{number:,} {WORDS[name]}" for name, number in faults.items() if number)
    say(f"{looked}: {words}{'; put right' if repair else ''}.")


WORDS = {
    "missing": "facts missing",
    "surplus": "facts too many",
    "stale": "words about messages not heeded",
    "differences": "counters off",
}
