"""`/v1/addresses`: addresses that refuse mail, and those who have complained; unblocking them."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field

from common.adapters.mongo.addresses import AddressRow, Listed, MongoAddresses
from common.domain.access import Scope
from common.domain.model import Model
from common.runtime.keys import require

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""

After = Annotated[str | None, Query(max_length=320, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


class AddressPage(Model):
    """`next` goes into `after` for the page behind this one."""

    items: list[AddressRow]
    next: str | None


class UnblockRequest(Model):
    addresses: list[Annotated[str, Field(max_length=320)]] = Field(min_length=1, max_length=1_000)


class Unblocked(Model):
    unblocked: int


def as_csv(rows: list[AddressRow]) -> str:
    """With a heading; cells that a spreadsheet would compute are text."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(AddressRow.model_fields)
    writer.writerows(list(cells(row)) for row in rows)
    return text.getvalue()


def cells(row: AddressRow) -> Iterator[str]:
    for value in row.model_dump(mode="json").values():
        cell = "" if value is None else str(value)
        yield f"'{cell}" if cell.startswith(FORMULA) else cell


def router(addresses: MongoAddresses) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/addresses", tags=["addresses"], dependencies=[Depends(require(Scope.MANAGE))]
    )

    @routes.get("/blocked")
    async def list_blocked(after: After = None, limit: Limit = 100) -> AddressPage:
        """Addresses that get no mail, each with the reason."""
        return page(await addresses.listed(Listed.BLOCKED, after=after, limit=limit), limit)

    @routes.get("/blocked.csv", response_class=PlainTextResponse)
    async def export_blocked(after: After = None, limit: Limit = 10_000) -> Response:
        """The same as a table."""
        rows = await addresses.listed(Listed.BLOCKED, after=after, limit=limit)
        return Response(as_csv(rows), media_type="text/csv; charset=utf-8")

    @routes.get("/complaints")
    async def list_complaints(after: After = None, limit: Limit = 100) -> AddressPage:
        """Addresses whose owners have called a mail of ours unwanted."""
        return page(await addresses.listed(Listed.COMPLAINTS, after=after, limit=limit), limit)

    @routes.get("/complaints.csv", response_class=PlainTextResponse)
    async def export_complaints(after: After = None, limit: Limit = 10_000) -> Response:
        """The same as a table."""
        rows = await addresses.listed(Listed.COMPLAINTS, after=after, limit=limit)
        return Response(as_csv(rows), media_type="text/csv; charset=utf-8")

    @routes.post("/unblock")
    async def unblock(request: UnblockRequest) -> Unblocked:
        """Let these get mail again, their bounces counted anew. A complaint stays on record."""
        return Unblocked(unblocked=await addresses.unblock(request.addresses))

    return routes


def page(rows: list[AddressRow], limit: int) -> AddressPage:
    return AddressPage(items=rows, next=rows[-1].address if len(rows) == limit else None)
