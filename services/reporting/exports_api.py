"""`/v1/reports/exports`: whole tables, or what was written since, as files."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime
from starlette.responses import StreamingResponse

from common.adapters.exports.encoders import encoder
from common.adapters.exports.parquet import NoParquet
from common.domain.access import ApiKey, Scope
from common.domain.report_tables import Table
from common.domain.report_tables.cells import instant_text
from common.domain.report_tables.forms import MEDIA_TYPES, Form
from common.domain.report_tables.visible import KEPT_AT, visible
from common.ports.report_tables import ReportTables
from common.runtime.keys import need, require
from common.runtime.problems import Invalid, NotFound, Problem
from services.reporting.export import Export, encoded, next_cursor

CURSOR = "Headrace-Cursor"

TableName = Annotated[str, Path(description="A table, such as `report_exits`.", max_length=64)]
Format = Annotated[Form, Query(alias="format", description="What kind of file.")]
Since = Annotated[
    AwareDatetime | None,
    Query(description=f"Only rows written since: the `{CURSOR}` of the export before. Some come twice."),
]
Personal = Annotated[bool, Query(description="With columns about persons; asks for the scope `personal`.")]


class NotInstalled(Problem):
    status: ClassVar[HTTPStatus] = HTTPStatus.NOT_IMPLEMENTED
    slug, title = "not-installed", "Not installed here"


def router(tables: ReportTables) -> APIRouter:
    routes = APIRouter(prefix="/v1/reports/exports", tags=["reports"])

    @routes.get("/{table}", response_class=StreamingResponse)
    async def export_table(
        table: TableName,
        key: Annotated[ApiKey, Depends(require(Scope.REPORTS, machines=True))],
        format_: Format = Form.NDJSON,
        since: Since = None,
        personal: Personal = False,
    ) -> StreamingResponse:
        """A table as a file, streamed. The header `Headrace-Cursor` tells from where to read on next time; it holds
        once the file has arrived to its end."""
        if personal:
            need(key, Scope.PERSONAL)
        export = wanted(visible(personal=personal).get(table), table, since)
        try:
            pieces = encoded(tables, export, encoder(format_, export.table.columns))
        except NoParquet as error:
            raise NotInstalled(str(error)) from None
        headers = {"Content-Disposition": f'attachment; filename="{table}.{format_}"'}
        if export.table.column(KEPT_AT) is not None:
            headers[CURSOR] = instant_text(next_cursor(datetime.now(UTC)))
        begun = await begin(pieces)
        return StreamingResponse(begun, headers=headers, media_type=MEDIA_TYPES[format_])

    return routes


def wanted(table: Table | None, name: str, since: datetime | None) -> Export:
    """Raises `NotFound` and `Invalid`."""
    if table is None:
        raise NotFound("table", name)
    if since is not None and table.column(KEPT_AT) is None:
        raise Invalid([{"parameter": "since", "detail": f"{name} is exported as a whole: leave it out"}])
    return Export(table, since)


async def begin(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, the first rows read already: what goes wrong at once is answered as a problem."""
    first = [await anext(pieces), await anext(pieces, b"")]

    async def all_pieces() -> AsyncIterator[bytes]:
        for piece in first:
            yield piece
        async for piece in pieces:
            yield piece

    return all_pieces()
