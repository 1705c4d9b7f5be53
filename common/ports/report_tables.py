"""The tables for analysts, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.domain.odata.expression import Cell, Condition
from common.domain.odata.query import Order
from common.domain.odata.skip_token import Moment
from common.domain.report_tables import Column, Table

Row = Mapping[str, Cell]
"""By the name of the column."""


class MomentGone(Exception):
    """Nothing can be read any more as it was at that moment."""


class TooSlow(Exception):
    """The answer would take longer than anybody should wait."""


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """`order` ends in the table's key. `after`: the values, in this order, of the row behind which to begin; then
    `skip` rows are left out."""

    table: Table
    columns: Sequence[Column]
    order: Sequence[Order]
    limit: int
    where: Condition | None = None
    after: Sequence[Cell] | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class RowPage:
    """`more`: there are rows behind these. `moment`: at which they were read."""

    rows: Sequence[Row]
    more: bool
    moment: Moment


class ReportTables(Protocol):
    """Reads as of one moment: the present one, or one that an earlier answer told."""

    async def page(self, asked: RowsAsked, moment: Moment | None = None) -> RowPage:
        """Raises `Unavailable`, `MomentGone` and `TooSlow`."""
        ...

    async def count(self, table: Table, where: Condition | None, moment: Moment | None = None) -> int:
        """How many rows there are for which the condition is true. Raises as `page` does."""
        ...
