"""Tables as Parquet, by pyarrow (the extra `parquet`): one row group for each portion of rows."""

import io
from collections.abc import Sequence
from typing import Any

from common.domain.report_tables import Column, Kind
from common.domain.report_tables.forms import Row

DIGITS, SCALE = 38, 9
"""Of decimal numbers: what readers of Parquet agree on; further places are rounded."""


class NoParquet(Exception):
    def __init__(self) -> None:
        super().__init__(
            "Parquet needs the extra headrace[parquet] where reporting runs; or ask for csv or ndjson"
        )


class ParquetEncoder:
    """Raises `NoParquet` where pyarrow is not installed."""

    def __init__(self, columns: Sequence[Column]) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise NoParquet from None
        self._arrow = pyarrow
        self._columns = columns
        self._schema = schema_of(pyarrow, columns)
        self._sink = io.BytesIO()
        self._writer = parquet.ParquetWriter(Onward(self._sink), self._schema, compression="zstd")

    def begin(self) -> bytes:
        return self._written()

    def rows(self, rows: Sequence[Row]) -> bytes:
        arrays = [
            self._arrow.array([fitting(column.kind, row[column.name]) for row in rows], type=field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        return self._written()

    def end(self) -> bytes:
        self._writer.close()
        return self._written()

    def _written(self) -> bytes:
        """What the writer has written since, and is kept no longer."""
        new = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return new


class Onward(io.RawIOBase):
    """A file that only grows: it knows how far it is, and passes on what it gets."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink = sink
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        written = self._sink.write(data)
        self._at += written
        return written

    def tell(self) -> int:
        return self._at


def schema_of(arrow: Any, columns: Sequence[Column]) -> Any:
    types = {
        Kind.TEXT: arrow.string(),
        Kind.WHOLE: arrow.int64(),
        Kind.DECIMAL: arrow.decimal128(DIGITS, SCALE),
        Kind.YES_NO: arrow.bool_(),
        Kind.INSTANT: arrow.timestamp("ms", tz="UTC"),
        Kind.DAY: arrow.date32(),
    }
    return arrow.schema(
        [
            arrow.field(column.name, types[column.kind], metadata={"meaning": column.meaning})
            for column in columns
        ]
    )


def fitting(kind: Kind, value: Any) -> Any:
    """Numbers with more places than fit are rounded; ones that are too large are left out."""
    if kind is not Kind.DECIMAL or value is None:
        return value
    if value.adjusted() >= DIGITS - SCALE:
        return None
    return round(value, SCALE)
