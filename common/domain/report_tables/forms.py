"""Tables as text: CSV for spreadsheets, lines of JSON for programs. Both are written piece by piece."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from common.domain.report_tables.cells import Cell, json_cell, text_cell
from common.domain.report_tables.table import Column, Kind

Row = Mapping[str, Cell]

FORMULA_SIGNS = ("=", "+", "-", "@", "|", "＝", "＋", "－", "＠")
"""What spreadsheets take for the beginning of a formula, full-width forms too; spaces before it don't matter."""
CONTROL = ("\t", "\r", "\n")
_UNSEEN = " \xa0\x00-\x08\x0b\x0c\x0e-\x1f\u200b-\u200f\u2060\ufeff"
_SIGN = f"[{''.join(map(re.escape, FORMULA_SIGNS))}]"
FORMULA = re.compile(rf"[\s{_UNSEEN}]*{_SIGN}")
FURTHER_FORMULA = re.compile(rf"([;\t\r\n])(?=[{_UNSEEN}]*{_SIGN})")
"""Behind what ends a row, or a cell where spreadsheets are set to semicolons or tabs; these may not mind quotes."""


class Form(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Form.CSV: "text/csv; charset=utf-8; header=present",
    Form.NDJSON: "application/x-ndjson",
    Form.PARQUET: "application/vnd.apache.parquet",
}


def file_name(table: str, since: datetime | None, form: Form) -> str:
    """Where an export goes below its folder: the same beginning, the same name."""
    part = "whole" if since is None else f"since-{since.astimezone(UTC):%Y%m%dT%H%M%S}"
    return f"{table}/{part}.{form}"


class Encoder(Protocol):
    """Makes a file of rows; what each call answers follows what came before."""

    def begin(self) -> bytes: ...

    def rows(self, rows: Sequence[Row]) -> bytes: ...

    def end(self) -> bytes: ...


class CsvEncoder:
    """RFC 4180, with a heading. A text that a spreadsheet would calculate gets an apostrophe before it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def begin(self) -> bytes:
        return self._lines([[column.name for column in self._columns]])

    def rows(self, rows: Sequence[Row]) -> bytes:
        return self._lines([csv_cell(column, row[column.name]) for column in self._columns] for row in rows)

    def end(self) -> bytes:
        return b""

    def _lines(self, lines: Iterable[list[str]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(lines)
        return text.getvalue().encode()


def csv_cell(column: Column, value: Cell) -> str:
    text = text_cell(column.kind, value)
    return harmless(text) if column.kind is Kind.TEXT else text


def harmless(text: str) -> str:
    """As a spreadsheet shows it, and does not calculate it."""
    inside = FURTHER_FORMULA.sub(r"\1'", text)
    return f"'{inside}" if FORMULA.match(text) or text.startswith(CONTROL) else inside


class NdjsonEncoder:
    """One object a line; numbers as they are, however long."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._cells = [
            (column.name, f"{json_cell(Kind.TEXT)(column.name)}:", json_cell(column.kind))
            for column in columns
        ]

    def begin(self) -> bytes:
        return b""

    def rows(self, rows: Sequence[Row]) -> bytes:
        return "".join([self._line(row) for row in rows]).encode()

    def end(self) -> bytes:
        return b""

    def _line(self, row: Row) -> str:
        return f"{{{','.join([begin + cell(row[name]) for name, begin, cell in self._cells])}}}\n"
