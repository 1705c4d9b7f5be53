"""Tables as those see them who may, or may not, see columns about persons."""

from collections.abc import Mapping
from dataclasses import replace

from common.domain.report_tables import TABLES
from common.domain.report_tables.table import Table

KEPT_AT = "kept_at"
"""When a row was written last, by the machine's clock; tables without it are read as a whole."""


def visible(*, personal: bool) -> Mapping[str, Table]:
    return {name: table if personal else without_persons(table) for name, table in TABLES.items()}


def without_persons(table: Table) -> Table:
    return replace(table, columns=tuple(column for column in table.columns if not column.personal))
