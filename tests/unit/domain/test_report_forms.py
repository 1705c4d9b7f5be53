"""Tables as text."""

import csv
import io
import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.report_tables.forms import FORMULA_SIGNS, CsvEncoder, NdjsonEncoder, harmless
from tests.support.report_columns import COLUMNS

ROW = {
    "id": 'a "b", c',
    "run": -3,
    "amount": Decimal("-0.10"),
    "bot": False,
    "at": datetime(2024, 6, 1, 10, tzinfo=UTC),
    "day": date(2024, 6, 1),
}


def test_csv_is_as_rfc_4180_has_it() -> None:
    encoder = CsvEncoder(COLUMNS)
    text = (
        encoder.begin() + encoder.rows([ROW, ROW | {"amount": None, "id": "two\nlines"}]) + encoder.end()
    ).decode()
    assert text == (
        "id,run,amount,bot,at,day\r\n"
        '"a ""b"", c",-3,-0.10,false,2024-06-01T10:00:00.000Z,2024-06-01\r\n'
        '"two\nlines",-3,,false,2024-06-01T10:00:00.000Z,2024-06-01\r\n'
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=5))
def test_csv_keeps_texts_as_they_are_but_for_a_mark_before_what_would_be_a_formula(texts: list[str]) -> None:
    encoder = CsvEncoder(COLUMNS[:1])
    written = encoder.begin() + encoder.rows([{"id": text} for text in texts])
    cells = [row[0] if row else "" for row in csv.reader(io.StringIO(written.decode(), newline=""))][1:]
    assert [cell.replace("'", "") for cell in cells] == [text.replace("'", "") for text in texts]
    assert not any(cell.lstrip().startswith(FORMULA_SIGNS) for cell in cells)


@pytest.mark.parametrize(
    "text", ["=1+1", " =1+1", "\u00a0@SUM(A1)", "+1", "-1", "\t", "|x", "＝1", "\n", "\ufeff=1", "\u200b =1"]
)
def test_what_a_spreadsheet_would_calculate_is_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a; @SUM(A1)", "a;' @SUM(A1)"),
        ("a\t=1", "a\t'=1"),
        ("a\n=1;b", "a\n'=1;b"),
        ("\r\n=1", "'\r\n'=1"),
        ("=1;=2", "'=1;'=2"),
        ("a;b = 1, c-d", "a;b = 1, c-d"),
    ],
)
def test_a_spreadsheet_that_ends_cells_elsewhere_calculates_none_of_it_either(text: str, marked: str) -> None:
    assert harmless(text) == marked


def test_marking_takes_no_longer_than_reading() -> None:
    for text in ("\n" * 200_000, ";" * 200_000, " " * 200_000, "; " * 100_000, "\ufeff" * 200_000):
        begun = time.process_time()
        harmless(text)
        assert time.process_time() - begun < 1


def test_lines_of_json_keep_numbers_as_they_are() -> None:
    written = NdjsonEncoder(COLUMNS).rows([ROW, ROW]).decode()
    lines = [json.loads(line, parse_float=Decimal) for line in written.splitlines()]
    assert lines[0] == lines[1] == ROW | {"at": "2024-06-01T10:00:00.000Z", "day": "2024-06-01"}
