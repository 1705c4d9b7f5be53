"""Parquet that others read."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from pyarrow import parquet

from common.adapters.exports.parquet import ParquetEncoder
from common.domain.report_tables import TABLES
from tests.support.report_columns import COLUMNS

ROW = {
    "id": "a",
    "run": 2**62,
    "amount": Decimal("0.1"),
    "bot": True,
    "at": datetime(2024, 6, 1, 10, tzinfo=UTC),
    "day": date(2024, 6, 1),
}


def file_of(portions: Iterator[list[dict[str, object]]]) -> io.BytesIO:
    encoder = ParquetEncoder(COLUMNS)
    pieces = [encoder.begin(), *(encoder.rows(rows) for rows in portions), encoder.end()]  # type: ignore[arg-type]
    return io.BytesIO(b"".join(pieces))


def test_rows_come_back_as_they_were_by_kinds() -> None:
    missing = dict.fromkeys(ROW, None) | {"id": "b"}
    read = parquet.read_table(file_of(iter([[ROW], [missing]])))
    assert read.to_pylist() == [ROW, missing]
    assert [str(field.type) for field in read.schema] == [
        "string",
        "int64",
        "decimal128(38, 9)",
        "bool",
        "timestamp[ms, tz=UTC]",
        "date32[day]",
    ]


def test_a_file_without_rows_has_its_columns() -> None:
    assert parquet.read_table(file_of(iter([]))).column_names == [column.name for column in COLUMNS]


def test_what_does_not_fit_is_rounded_or_left_out() -> None:
    rows = [ROW | {"amount": Decimal("1").scaleb(-12)}, ROW | {"amount": Decimal("1e30")}]
    assert parquet.read_table(file_of(iter([rows])))["amount"].to_pylist() == [Decimal("0E-9"), None]


def test_every_table_has_a_schema() -> None:
    for table in TABLES.values():
        assert ParquetEncoder(table.columns).begin().startswith(b"PAR1")
