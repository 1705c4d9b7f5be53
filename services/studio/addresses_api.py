"""`/v1/addresses`: addresses that refuse mail, and those whose owners have complained."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from common.adapters.mongo.addresses import AddressRow, Listed, MongoAddresses
from common.domain.access import Scope
from common.domain.model import Model
from common.domain.report_tables.forms import harmless
from common.runtime.keys import require

EXPORT_PAGE = 1_000

After = Annotated[str | None, Query(max_length=320, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


class Csv(StreamingResponse):
    media_type = "text/csv; charset=utf-8"


class AddressPage(Model):
    """`next` goes into `after` for the page behind this one."""

    items: list[AddressRow]
    next: str | None


async def as_csv(addresses: MongoAddresses, which: Listed) -> AsyncIterator[str]:
    """The whole list with a heading, page by page; cells that a spreadsheet would compute are text."""
    yield line(AddressRow.model_fields)
    after: str | None = None
    while rows := await addresses.listed(which, after=after, limit=EXPORT_PAGE):
        yield "".join(line(cells(row)) for row in rows)
        after = rows[-1].address


def line(values: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()


def cells(row: AddressRow) -> Iterator[str]:
    for value in row.model_dump(mode="json").values():
        yield "" if value is None else harmless(str(value))


def router(addresses: MongoAddresses) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/addresses", tags=["addresses"], dependencies=[Depends(require(Scope.MANAGE))]
    )

    @routes.get("/blocked")
    async def list_blocked(after: After = None, limit: Limit = 100) -> AddressPage:
        """Addresses that get no mail, each with the reason."""
        return page(await addresses.listed(Listed.BLOCKED, after=after, limit=limit), limit)

    @routes.get("/blocked.csv", response_class=Csv)
    async def export_blocked() -> Csv:
        """All of them as a table."""
        return table(addresses, Listed.BLOCKED)

    @routes.get("/complaints")
    async def list_complaints(after: After = None, limit: Limit = 100) -> AddressPage:
        """Addresses whose owners have called a mail of ours unwanted."""
        return page(await addresses.listed(Listed.COMPLAINTS, after=after, limit=limit), limit)

    @routes.get("/complaints.csv", response_class=Csv)
    async def export_complaints() -> Csv:
        """All of them as a table."""
        return table(addresses, Listed.COMPLAINTS)

    return routes


def page(rows: list[AddressRow], limit: int) -> AddressPage:
    return AddressPage(items=rows, next=rows[-1].address if len(rows) == limit else None)


def table(addresses: MongoAddresses, which: Listed) -> Csv:
    name = f'attachment; filename="{which}.csv"'
    return Csv(as_csv(addresses, which), headers={"Content-Disposition": name})
