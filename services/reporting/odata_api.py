"""`/odata`: the tables for analysts, read-only, as OData v4 has it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from common.domain.access import Scope
from common.domain.odata import read_query
from common.domain.odata.address import read_address
from common.domain.odata.answer import Form, form_asked
from common.domain.odata.metadata import metadata, service_document
from common.domain.odata.query import FORMAT
from common.domain.report_tables import Table
from common.domain.report_tables.visible import visible
from common.ports.report_tables import ReportTables
from common.runtime.keys import require_in_tables
from common.runtime.problems import NotFound, Problem
from services.reporting.odata_answers import Answers
from services.reporting.odata_route import ODataRoute

ROOT = "/odata"
PERSONAL = f"{ROOT}/personal"
PAGE = 5000
LARGEST_PAGE = 10_000
PREFERRED = re.compile(r"(?:odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})", re.IGNORECASE)

TableAddress = Annotated[
    str, Path(description="A table; or a row of it, such as `report_flows('welcome')`.", max_length=400)
]
Prefer = Annotated[
    str | None, Header(description=f"`odata.maxpagesize=…`: rows in a page, {LARGEST_PAGE} at most.")
]


class NotAcceptable(Problem):
    status: ClassVar[HTTPStatus] = HTTPStatus.NOT_ACCEPTABLE
    slug, title = "not-acceptable", "Not in this form"


def options(
    filter_: Annotated[str | None, Query(alias="$filter", description="A condition.")] = None,
    select: Annotated[str | None, Query(alias="$select", description="Columns, with commas between.")] = None,
    orderby: Annotated[
        str | None, Query(alias="$orderby", description="Columns, each with asc or desc.")
    ] = None,
    top: Annotated[str | None, Query(alias="$top", description="How many rows in all.")] = None,
    skip: Annotated[str | None, Query(alias="$skip", description="How many rows to leave out.")] = None,
    count: Annotated[
        str | None, Query(alias="$count", description="`true`: tell how many there are.")
    ] = None,
    skiptoken: Annotated[str | None, Query(alias="$skiptoken", description="From `@odata.nextLink`.")] = None,
    format_: Annotated[str | None, Query(alias="$format", description="`json`.")] = None,
) -> None:
    """The options as they are described; they are read by the domain, which tells what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Face:
    """The tables under one address. `public`: the installation's own, whose scheme is known."""

    rows: ReportTables
    tables: Mapping[str, Table]
    prefix: str
    public: str

    def root(self, request: Request) -> str:
        """As this client sees it: links must lead through whatever proxies are between."""
        if request.url.netloc == urlsplit(self.public).netloc:
            return f"{self.public.rstrip('/')}{self.prefix}"
        scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
        return f"{'https' if scheme == 'https' else 'http'}://{request.url.netloc}{self.prefix}"

    def table(self, name: str) -> Table:
        """Raises `NotFound`."""
        if name not in self.tables:
            raise NotFound("table", name)
        return self.tables[name]

    def answers(self, request: Request) -> Answers:
        return Answers(self.rows, self.root(request), form_of(request))


def routers(rows: ReportTables, public: str) -> Iterable[APIRouter]:
    """Columns about persons have an address of their own, and ask for one more scope (decision 0177). It comes
    first: its name must not be taken for a table's."""
    yield router(Face(rows, visible(personal=True), PERSONAL, public), Scope.REPORTS, Scope.PERSONAL)
    yield router(Face(rows, visible(personal=False), ROOT, public), Scope.REPORTS)


def router(face: Face, *scopes: Scope) -> APIRouter:
    routes = APIRouter(
        prefix=face.prefix,
        tags=["odata"],
        route_class=ODataRoute,
        dependencies=[Depends(require_in_tables(*scopes))],
    )
    described = metadata(face.tables.values())

    @routes.get("", include_in_schema=False)
    @routes.get("/")
    async def read_service_document(request: Request) -> Response:
        """Which tables there are."""
        form = form_of(request)
        document = service_document(face.root(request), face.tables.values())
        return JSONResponse(document, media_type=form.media_type)

    @routes.get("/$metadata")
    async def read_metadata() -> Response:
        """Tables and columns, in CSDL."""
        return Response(described, media_type="application/xml")

    @routes.get("/{table}/$count", dependencies=[Depends(options)])
    async def count_rows(request: Request, table: TableAddress) -> Response:
        """How many rows there are, all or those that `$filter` finds."""
        query = read_query(face.table(table), request.query_params.multi_items())
        return Response(
            await Answers(face.rows, face.root(request), Form()).count(query), media_type="text/plain"
        )

    @routes.get("/{table:path}", dependencies=[Depends(options)])
    async def read_table(request: Request, table: TableAddress, prefer: Prefer = None) -> Response:
        """A page of a table, or one row. All pages that follow from `@odata.nextLink` are read as of one
        moment."""
        address = read_address(table)
        asked = face.table(address.table if address else table)
        answers = face.answers(request)
        given = request.query_params.multi_items()
        query = read_query(asked, given)
        if address is not None and address.key is not None:
            return answered(await answers.one(query, address.key), answers.form)
        size, applied = page_size(prefer)
        return answered(await answers.page(query, given, size), answers.form, applied)

    return routes


def answered(text: str, form: Form, applied: Mapping[str, str] | None = None) -> Response:
    return Response(text, media_type=form.media_type, headers=dict(applied or {}))


def form_of(request: Request) -> Form:
    """Raises `NotAcceptable`."""
    form = form_asked(request.headers.get("accept", ""), request.query_params.get(FORMAT))
    if form is None:
        raise NotAcceptable("rows are given as application/json alone")
    return form


def page_size(prefer: str | None) -> tuple[int, Mapping[str, str]]:
    """What the client prefers, within bounds, and what is said of it."""
    found = PREFERRED.search(prefer or "")
    if found is None or int(found[1]) < 1:
        return PAGE, {}
    size = min(int(found[1]), LARGEST_PAGE)
    return size, {"Preference-Applied": f"odata.maxpagesize={size}"}
