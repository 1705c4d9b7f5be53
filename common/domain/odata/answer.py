"""Rows as OData's JSON (OData JSON format v4), written straight to text: a page has thousands."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from common.domain.odata.expression import Cell
from common.domain.odata.metadata import NAMESPACE
from common.domain.report_tables import Column, Kind, Table
from common.domain.report_tables.cells import json_cell


class Telling(StrEnum):
    """How much is told about the rows beside their values (`odata.metadata`)."""

    NONE = "none"
    MINIMAL = "minimal"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Form:
    """What JSON the client takes. `exact`: numbers as text (`IEEE754Compatible`)."""

    telling: Telling = Telling.MINIMAL
    exact: bool = False

    @property
    def media_type(self) -> str:
        exact = ";IEEE754Compatible=true" if self.exact else ""
        return f"application/json;odata.metadata={self.telling}{exact};odata.streaming=true;charset=utf-8"


TOLD_TYPES = {
    Kind.WHOLE: "#Int64",
    Kind.DECIMAL: "#Decimal",
    Kind.INSTANT: "#DateTimeOffset",
    Kind.DAY: "#Date",
}
"""Those that JSON does not show by itself."""

Row = Mapping[str, Cell]


def row_writer(root: str, table: Table, columns: Sequence[Column], form: Form) -> Callable[[Row], str]:
    cells = [
        (column.name, prefix(column, form), json_cell(column.kind, exact=form.exact)) for column in columns
    ]

    def write(row: Row) -> str:
        return ",".join([begin + cell(row[name]) for name, begin, cell in cells])

    if form.telling is not Telling.FULL:
        return lambda row: f"{{{write(row)}}}"
    return lambda row: f"{{{names(root, table, row)},{write(row)}}}"


def prefix(column: Column, form: Form) -> str:
    begin = f"{json.dumps(column.name)}:"
    told = TOLD_TYPES.get(column.kind) if form.telling is Telling.FULL else None
    return begin if told is None else f"{json.dumps(f'{column.name}@odata.type')}:{json.dumps(told)},{begin}"


def names(root: str, table: Table, row: Row) -> str:
    place = entity_address(table, str(row[table.key]))
    told = {
        "@odata.type": f"#{NAMESPACE}.{table.name}",
        "@odata.id": f"{root}/{place}",
        "@odata.editLink": place,
    }
    return json.dumps(told)[1:-1]


def entity_address(table: Table, key: str) -> str:
    quoted = key.replace("'", "''")
    return f"{table.name}('{quoted}')"


def context(root: str, table: Table, columns: Sequence[Column], *, entity: bool = False) -> str:
    chosen = "" if len(columns) == len(table.columns) else f"({','.join(column.name for column in columns)})"
    return f"{root}/$metadata#{table.name}{chosen}{'/$entity' if entity else ''}"


def collection(
    about: str, rows: Iterable[str], *, total: int | None, next_link: str | None, form: Form
) -> str:
    """`about`: the context."""
    head = "" if form.telling is Telling.NONE else f'"@odata.context":{json.dumps(about)},'
    count = "" if total is None else f'"@odata.count":{json.dumps(str(total) if form.exact else total)},'
    link = "" if next_link is None else f',"@odata.nextLink":{json.dumps(next_link)}'
    return f'{{{head}{count}"value":[{",".join(rows)}]{link}}}'


def entity(about: str, row: str, form: Form) -> str:
    head = "" if form.telling is Telling.NONE else f'"@odata.context":{json.dumps(about)},'
    return f"{{{head}{row[1:]}"


def form_asked(accept: str, given: str | None) -> Form | None:
    """By `$format`, else by the header `Accept`; `None` where no JSON is taken."""
    if given is not None:
        name, *parameters = given.lower().split(";")
        return json_form(parameters) if name.strip() in ("json", "application/json") else None
    ranges = [each.lower().split(";") for each in accept.split(",")] if accept else [["*/*"]]
    for name, *parameters in ranges:
        if name.strip() == "application/json":
            return json_form(parameters)
    taken = {name.strip() for name, *_ in ranges}
    return Form() if taken & {"*/*", "application/*"} else None


def json_form(parameters: Iterable[str]) -> Form:
    parts = [part.strip().partition("=") for part in parameters]
    told = {name: value for name, _, value in parts}
    telling = told.get("odata.metadata", told.get("metadata", Telling.MINIMAL.value))
    known = telling if telling in set(Telling) else Telling.MINIMAL.value
    return Form(Telling(known), exact=told.get("ieee754compatible") == "true")
