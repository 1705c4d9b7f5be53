"""The query options of one request for rows (OData v4 part 2, §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.domain.odata.expression import Condition
from common.domain.odata.filter import read_filter
from common.domain.odata.problem import BadQuery, NotOffered
from common.domain.odata.skip_token import SkipToken, read_token
from common.domain.report_tables import Column, Table

FILTER, SELECT, ORDER_BY = "$filter", "$select", "$orderby"
TOP, SKIP, COUNT, SKIP_TOKEN, FORMAT = "$top", "$skip", "$count", "$skiptoken", "$format"
OFFERED = (FILTER, SELECT, ORDER_BY, TOP, SKIP, COUNT, SKIP_TOKEN, FORMAT)
MOST_ORDERS = 5
AT = "at"
LARGEST_SKIP = 1_000_000
LARGEST_TOP = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """Missing values come first when rising, last when falling."""

    column: Column
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`order` always ends in the key, so that it is one order. Facts come in that of their time unless told
    otherwise, and the key goes the way of the column before it: indexes serve both. `top`: how many rows are wanted
    in all, from here on. `asked`: the texts that a token holds for."""

    table: Table
    columns: tuple[Column, ...]
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    token: SkipToken | None = None
    asked: tuple[str, str, str] = ("", "", "")


def read_query(table: Table, options: Sequence[tuple[str, str]]) -> Query:
    """Options whose names don't begin with `$` or `@` are the client's own, and ignored. Raises `BadQuery`."""
    given = system_options(options)
    filtered, ordered = given.get(FILTER, "").strip(), given.get(ORDER_BY, "").strip()
    order = read_order(ordered, table)
    asked = (table.name, filtered, ordered)
    token = given.get(SKIP_TOKEN)
    return Query(
        table=table,
        columns=read_select(given.get(SELECT, ""), table),
        where=read_filter(filtered, table) if filtered else None,
        order=order,
        top=read_number(given, TOP, LARGEST_TOP),
        skip=read_number(given, SKIP, LARGEST_SKIP) or 0,
        count=read_yes_no(given, COUNT),
        token=None if token is None else read_token(token, asked, [each.column.kind for each in order]),
        asked=asked,
    )


def system_options(options: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    given: dict[str, str] = {}
    for name, value in options:
        if not name.startswith(("$", "@")):
            continue
        if name not in OFFERED:
            raise NotOffered(name, f"is not offered here; there are {', '.join(OFFERED)}")
        if name in given:
            raise BadQuery(name, "is given twice")
        given[name] = value
    return given


def read_select(text: str, table: Table) -> tuple[Column, ...]:
    """In the table's order; all columns for `*` and nothing."""
    names = {name.strip() for name in text.split(",")} - {""}
    if not names or "*" in names:
        return table.columns
    for name in names:
        named(name, table, SELECT)
    return tuple(column for column in table.columns if column.name in names)


def read_order(text: str, table: Table) -> tuple[Order, ...]:
    orders: list[Order] = []
    for part in text.split(",") if text.strip() else ():
        match part.split():
            case [name] | [name, "asc"]:
                orders.append(Order(named(name, table, ORDER_BY)))
            case [name, "desc"]:
                orders.append(Order(named(name, table, ORDER_BY), descending=True))
            case _:
                raise BadQuery(ORDER_BY, f"{part.strip()!r} should be a column, and asc or desc behind it")
    if len(orders) > MOST_ORDERS:
        raise BadQuery(ORDER_BY, f"takes {MOST_ORDERS} columns at most")
    if not orders and (time := table.column(AT)) is not None:
        orders.append(Order(time))
    key = named(table.key, table, ORDER_BY)
    if any(each.column == key for each in orders):
        return tuple(orders)
    return (*orders, Order(key, descending=bool(orders) and orders[-1].descending))


def named(name: str, table: Table, option: str) -> Column:
    column = table.column(name)
    if column is None:
        raise BadQuery(option, f"{table.name} has no column {name[:60]!r}")
    return column


def read_number(given: Mapping[str, str], option: str, most: int) -> int | None:
    text = given.get(option)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > most:
        raise BadQuery(option, f"should be a whole number from 0 to {most}")
    return int(text)


def read_yes_no(given: Mapping[str, str], option: str) -> bool:
    text = given.get(option, "false")
    if text not in ("true", "false"):
        raise BadQuery(option, "should be true or false")
    return text == "true"
