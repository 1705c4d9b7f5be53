"""`headrace post` and `headrace import`: files of records, in portions, with what became of each."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from services.command_line import csv_records
from services.command_line.failures import CommandFailed, Refused, Unreachable, error_in_words, path_of
from services.command_line.installation import Installation
from services.command_line.rows import BadRow, Form, Row, form_of, rows

MOST_RECORDS = 500
MOST_BYTES = 4_000_000
"""In one request."""

PATIENCE = 120.0
"""Seconds for which a busy installation is asked again, for one portion."""
LONGEST_PAUSE = 10.0
KEPT_REJECTIONS = 1000
"""Most rejected records that are told of one by one; the others are counted."""

Wait = Callable[[float], None]
Look = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where records of one kind go, and how a CSV row becomes one."""

    method: str
    path: str
    from_csv: Callable[[dict[str, str]], Any]


EVENTS = Destination("POST", "/v1/events", csv_records.event)
CONTACTS = Destination("PUT", "/v1/contacts", csv_records.contact)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that was not taken, and why."""

    line: int
    errors: tuple[str, ...]

    def __str__(self) -> str:
        return f"line {self.line}: {'; '.join(self.errors)}"


@dataclass(slots=True)
class Summary:
    """What became of a file."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, line: int, *errors: str) -> None:
        self.rejected += 1
        if len(self.rejections) < KEPT_REJECTIONS:
            self.rejections.append(Rejection(line, errors or ("is not valid",)))

    def as_json(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "records": [{"line": each.line, "errors": list(each.errors)} for each in self.rejections],
        }


class Interrupted(CommandFailed):
    """The upload stopped on the way; what was taken until then stays taken."""

    def __init__(self, summary: Summary, line: int, error: Exception) -> None:
        super().__init__(
            f"stopped before line {line}, with {summary.accepted} accepted, {summary.duplicates} duplicates and "
            f"{summary.rejected} rejected so far: {error}\nThe same file may be sent again: repeats are ignored."
        )


def upload(
    installation: Installation,
    path: Path,
    destination: Destination,
    look: Look = lambda end: None,
    wait: Wait = time.sleep,
) -> Summary:
    """Send a file's records in its order. `look` is told how much of the file is done.

    Raises `CommandFailed` when the file can't be read or the installation can't be reached.
    """
    summary = Summary()
    read = destination.from_csv if form_of_file(path) is Form.CSV else None
    for number, portion in enumerate(portions(rows(path), summary, read)):
        try:
            send(installation, destination, portion, number, summary, wait)
        except CommandFailed as error:
            if number == 0:
                raise
            raise Interrupted(summary, portion[0].line, error) from None
        look(portion[-1].end)
    return summary


def form_of_file(path: Path) -> Form:
    try:
        return form_of(path)
    except OSError as error:
        raise CommandFailed(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{path}: is not UTF-8 ({error.reason})") from None


def portions(
    found: Iterator[Row | BadRow], summary: Summary, read: Callable[[dict[str, str]], Any] | None
) -> Iterator[list[Row]]:
    """Rows together, as many as fit a request; what is no record is counted as rejected."""
    portion: list[Row] = []
    size = 0
    for row in found:
        if isinstance(row, BadRow):
            summary.reject(row.line, row.detail)
            continue
        made = Row(row.line, row.end, read(row.value)) if read else row
        if not isinstance(made.value, dict):
            summary.reject(row.line, "is not an object")
            continue
        weight = len(json.dumps(made.value))
        if portion and (len(portion) == MOST_RECORDS or size + weight > MOST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(made)
        size += weight
    if portion:
        yield portion


def send(
    installation: Installation,
    destination: Destination,
    portion: list[Row],
    number: int,
    summary: Summary,
    wait: Wait,
) -> None:
    """One portion. Its idempotency key is made of what it holds and where it stands in the file, so that the
    same file sent again is a repeat even where its events have no ids."""
    body = json.dumps([row.value for row in portion], separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": sha256(b"%d:" % number + body).hexdigest(),
    }

    def attempt() -> httpx.Response:
        return installation.send(destination.method, destination.path, content=body, headers=headers)

    answer = persistent(attempt, wait, first=number == 0)
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        all_rejected(Refused(answer), portion, summary)
    elif answer.is_success:
        count(answer.json(), portion, summary)
    else:
        raise Refused(answer)


def persistent(attempt: Callable[[], httpx.Response], wait: Wait, *, first: bool) -> httpx.Response:
    """Ask again while the installation is busy or away, for `PATIENCE` seconds; but somebody has to answer
    the `first` portion."""
    spent, pause = 0.0, 0.5
    while True:
        try:
            answer = attempt()
        except Unreachable:
            if first or spent >= PATIENCE:
                raise
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            if answer.status_code not in (503, 429) or spent >= PATIENCE:
                return answer
            pause = min(retry_after(answer), LONGEST_PAUSE)
        wait(pause)
        spent += pause


def retry_after(answer: httpx.Response) -> float:
    """Seconds to wait, as the answer asks; 1 when it does not say (or names a date)."""
    value = answer.headers.get("Retry-After", "")
    return max(float(value), 0.1) if value.isdecimal() else 1.0


def count(receipt: dict[str, Any], portion: list[Row], summary: Summary) -> None:
    """Add a receipt to the summary."""
    summary.accepted += receipt["accepted"]
    summary.duplicates += receipt["duplicates"]
    for record in receipt["records"]:
        if record["outcome"] == "rejected":
            summary.reject(portion[record["index"]].line, *map(error_in_words, record["errors"]))


def all_rejected(refused: Refused, portion: list[Row], summary: Summary) -> None:
    """A request in which nothing was good: its errors point into the list. Raises it when they don't."""
    why: dict[int, list[str]] = {}
    for error in refused.errors:
        match path_of(str(error.get("pointer", ""))):
            case (int(index), *rest):
                inner = "".join(f"/{part}" for part in rest)
                why.setdefault(index, []).append(error_in_words(error | {"pointer": f"#{inner}"}))
            case _:
                raise refused
    if not why:
        raise refused
    for index, row in enumerate(portion):
        summary.reject(row.line, *why.get(index, []))
