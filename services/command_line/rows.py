"""Records in files: JSON lines, a JSON array or CSV, each with the line on which it stands."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from services.command_line.failures import CommandFailed

LARGEST_ARRAY = 200_000_000
"""Bytes of a JSON array, which is read as a whole; the other forms are read line by line."""

SPACE = re.compile(r"[\s,]*")
JSON = json.JSONDecoder()


class Form(StrEnum):
    LINES = "lines"
    ARRAY = "array"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: `line` counts from 1; `end` says how much of the file (about, in bytes) has been read."""

    line: int
    end: int
    value: Any


@dataclass(frozen=True, slots=True)
class BadRow:
    """A place in the file that is no record."""

    line: int
    end: int
    detail: str


def rows(path: Path) -> Iterator[Row | BadRow]:
    """The records of a file, in its order. CSV rows are mappings of column to text, empty cells left out.

    Raises `CommandFailed` for a file that can't be read or is no such file at all.
    """
    try:
        match form_of(path):
            case Form.CSV:
                yield from csv_rows(path)
            case Form.ARRAY:
                yield from array_rows(path)
            case Form.LINES:
                yield from json_lines(path)
    except OSError as error:
        raise CommandFailed(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{path}: is not UTF-8 ({error.reason})") from None


def form_of(path: Path) -> Form:
    """By the name, or by how it begins."""
    match path.suffix.lower():
        case ".csv":
            return Form.CSV
        case ".jsonl" | ".ndjson":
            return Form.LINES
    with path.open(encoding="utf-8-sig") as file:
        begin = file.read(1000).lstrip()
    if begin.startswith("["):
        return Form.ARRAY
    if begin.startswith("{") or not begin:
        return Form.LINES
    raise CommandFailed(f"{path}: holds neither JSON nor, by its name, CSV")


def json_lines(path: Path) -> Iterator[Row | BadRow]:
    read = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            read += len(line)
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if not text:
                continue
            try:
                yield Row(number, read, json.loads(text))
            except (ValueError, RecursionError) as error:
                yield BadRow(number, read, f"is not JSON: {error}")


def array_rows(path: Path) -> Iterator[Row | BadRow]:
    """The members one after the other, to know their lines; what follows a broken one is lost with it."""
    if path.stat().st_size > LARGEST_ARRAY:
        raise CommandFailed(f"{path}: is too large for a JSON array; write one record a line instead")
    text = path.read_text("utf-8-sig")
    position, line, seen = text.index("[") + 1, 1, 0
    while True:
        position = SPACE.match(text, position).end()  # type: ignore[union-attr]  # it matches anywhere
        line, seen = line + text.count("\n", seen, position), position
        if text.startswith("]", position):
            return
        try:
            value, position = JSON.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield BadRow(line, len(text), f"is not JSON: {error}")
            return
        yield Row(line, position, value)


def csv_rows(path: Path) -> Iterator[Row | BadRow]:
    """The first line names the columns; separated by comma, semicolon or tab, whichever it holds most."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        counted = Counting(file)
        heading = file.readline()
        reader = csv.reader(counted, delimiter=max(",;\t", key=heading.count))
        names = next(csv.reader([heading], delimiter=max(",;\t", key=heading.count)), [])
        while True:
            line = reader.line_num + 2
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(line, counted.read, f"is not CSV: {error}")
                continue
            if len(cells) > len(names):
                yield BadRow(line, counted.read, f"has {len(cells)} cells for {len(names)} columns")
            elif any(cells):
                pairs = zip(names, cells, strict=False)
                named = {name.strip(): cell.strip() for name, cell in pairs if cell.strip() and name.strip()}
                yield Row(line, counted.read, named)


class Counting:
    """Lines of a text, and about how many bytes of it were read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.read = 0

    def __iter__(self) -> "Counting":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.read += len(line)
        return line
