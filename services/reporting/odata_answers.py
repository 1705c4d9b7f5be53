"""Answers OData requests from the tables: pages, single rows, counts (decisions 0175 to 0177)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from common.domain.odata import Query
from common.domain.odata.answer import Form, collection, context, entity, entity_address, row_writer
from common.domain.odata.expression import Compare, Field, Operator, Value
from common.domain.odata.query import SKIP, SKIP_TOKEN, TOP
from common.domain.odata.skip_token import SkipToken, write_token
from common.domain.report_tables import Column, Kind, Table
from common.ports.report_tables import ReportTables, RowPage, RowsAsked
from common.runtime.problems import NotFound


@dataclass(frozen=True, slots=True)
class Answers:
    """`root`: the address under which this client sees the tables, without a slash at the end."""

    tables: ReportTables
    root: str
    form: Form

    async def page(self, query: Query, options: Sequence[tuple[str, str]], size: int) -> str:
        """`size`: how many rows at most. Raises `Unavailable`, `MomentGone` and `TooSlow`."""
        token = query.token
        left = token.left if token else query.top
        page = await self.tables.page(self._asked(query, size, left), token.moment if token else None)
        total = token.total if token else None
        if query.count and total is None:
            total = await self.tables.count(query.table, query.where, page.moment)
        further = next_token(query, page, left, total)
        write = row_writer(self.root, query.table, query.columns, self.form)
        return await asyncio.to_thread(
            collection,
            context(self.root, query.table, query.columns),
            map(write, page.rows),
            total=total if query.count else None,
            next_link=self._link(query, options, further) if further else None,
            form=self.form,
        )

    async def one(self, query: Query, key: str) -> str:
        """The row of that key. Raises `NotFound` and as `page` does."""
        named = Compare(Operator.EQ, Field(key_column(query.table)), Value(Kind.TEXT, key))
        asked = RowsAsked(query.table, query.columns, query.order, 1, named)
        page = await self.tables.page(asked)
        if not page.rows:
            raise NotFound("row", entity_address(query.table, key))
        write = row_writer(self.root, query.table, query.columns, self.form)
        about = context(self.root, query.table, query.columns, entity=True)
        return entity(about, write(page.rows[0]), self.form)

    async def count(self, query: Query) -> str:
        return str(await self.tables.count(query.table, query.where))

    def _asked(self, query: Query, size: int, left: int | None) -> RowsAsked:
        return RowsAsked(
            query.table,
            query.columns,
            query.order,
            limit=size if left is None else min(size, left),
            where=query.where,
            after=query.token.after if query.token else None,
            skip=0 if query.token else query.skip,
        )

    def _link(self, query: Query, options: Sequence[tuple[str, str]], token: SkipToken) -> str:
        kept = [(name, value) for name, value in options if name not in (TOP, SKIP, SKIP_TOKEN)]
        written = write_token(token, query.asked, [each.column.kind for each in query.order])
        text = urlencode([*kept, (SKIP_TOKEN, written)], safe="$", quote_via=quote)
        return f"{self.root}/{query.table.name}?{text}"


def next_token(query: Query, page: RowPage, left: int | None, total: int | None) -> SkipToken | None:
    """`None`: this was the last page."""
    rest = None if left is None else left - len(page.rows)
    if not page.more or rest == 0 or not page.rows:
        return None
    last = page.rows[-1]
    after = tuple(last[each.column.name] for each in query.order)
    return SkipToken(after, page.moment, rest, total)


def key_column(table: Table) -> Column:
    column = table.column(table.key)
    assert column is not None, "every table has its key"
    return column
