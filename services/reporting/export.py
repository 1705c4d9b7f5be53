"""Tables as files, portion by portion: as much memory for ten rows as for ten million (decision 0178)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from common.domain.odata import Order
from common.domain.odata.expression import Compare, Field, Operator, Value
from common.domain.report_tables import Column, Kind, Table
from common.domain.report_tables.forms import Encoder
from common.domain.report_tables.visible import KEPT_AT
from common.ports.report_tables import ReportTables, Row, RowsAsked

PORTION = 5000
OVERLAP = timedelta(minutes=2)
"""A row is stamped before it is committed, by the clock of its host: so far back who reads on begins."""


@dataclass(frozen=True, slots=True)
class Export:
    """One table; `since`: rows written at or after that instant."""

    table: Table
    since: datetime | None = None

    def asked(self) -> RowsAsked:
        """Whole tables in the order of their keys, others in that of writing: a row that changes meanwhile moves
        ahead, where it is met again."""
        key = Order(column(self.table, self.table.key))
        if self.since is None:
            return RowsAsked(self.table, self.table.columns, (key,), PORTION)
        kept_at = column(self.table, KEPT_AT)
        where = Compare(Operator.GE, Field(kept_at), Value(Kind.INSTANT, self.since))
        return RowsAsked(self.table, self.table.columns, (Order(kept_at), key), PORTION, where)


def column(table: Table, name: str) -> Column:
    found = table.column(name)
    assert found is not None, f"{table.name} has {name}"
    return found


def next_cursor(now: datetime) -> datetime:
    """Where to read on after an export that began at `now` (machine time)."""
    return (now - OVERLAP).astimezone(UTC)


async def portions(tables: ReportTables, export: Export) -> AsyncIterator[Sequence[Row]]:
    """Raises `Unavailable` and `TooSlow`."""
    asked = export.asked()
    while True:
        page = await tables.page(asked)
        if page.rows:
            yield page.rows
            asked = replace(asked, after=[page.rows[-1][each.column.name] for each in asked.order])
        if not page.more:
            return


async def encoded(tables: ReportTables, export: Export, encoder: Encoder) -> AsyncIterator[bytes]:
    """The file in pieces; writing them does not hold up others. Raises as `portions` does."""
    yield encoder.begin()
    async for rows in portions(tables, export):
        yield await asyncio.to_thread(encoder.rows, rows)
    yield encoder.end()
