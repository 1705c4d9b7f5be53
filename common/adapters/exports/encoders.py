"""Which form of export is written by what."""

from collections.abc import Sequence
from typing import assert_never

from common.adapters.exports.parquet import ParquetEncoder
from common.domain.report_tables import Column
from common.domain.report_tables.forms import CsvEncoder, Encoder, Form, NdjsonEncoder


def encoder(form: Form, columns: Sequence[Column]) -> Encoder:
    """Raises `NoParquet`."""
    match form:
        case Form.CSV:
            return CsvEncoder(columns)
        case Form.NDJSON:
            return NdjsonEncoder(columns)
        case Form.PARQUET:
            return ParquetEncoder(columns)
        case _:
            assert_never(form)
