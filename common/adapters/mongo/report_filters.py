"""`$filter` trees and positions in an order as MongoDB queries. Operators come from here alone, values stay values.

What compares a column with a value becomes a query that indexes serve; all else is computed for each row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, assert_never

from bson.decimal128 import Decimal128

from common.adapters.mongo.client import Document
from common.domain.odata.expression import (
    Both,
    Call,
    Cell,
    Compare,
    Condition,
    Either,
    Field,
    Not,
    OneOf,
    Operator,
    Term,
    Truth,
    Value,
)
from common.domain.odata.query import Order
from common.domain.report_tables import ID, Column, Kind

NOTHING: Document = {"$expr": False}
TURNED = {
    Operator.GT: Operator.LT,
    Operator.LT: Operator.GT,
    Operator.GE: Operator.LE,
    Operator.LE: Operator.GE,
}
MONGO = {
    Operator.EQ: "$eq",
    Operator.NE: "$ne",
    Operator.GT: "$gt",
    Operator.GE: "$gte",
    Operator.LT: "$lt",
    Operator.LE: "$lte",
}
PATTERNS = {"contains": "{}", "startswith": "^{}", "endswith": r"{}\z"}
LONGEST_TEXT = 2_000_000
DAY, AT = "day", "at"
EARLIEST, LATEST = date(2, 1, 1), date(9998, 1, 1)
HALF = Decimal128("0.5")

Expression = Any


def stored_name(column: Column) -> str:
    return "_id" if column.name == ID else column.name


def stored(value: Cell) -> Any:
    """As BSON has it."""
    if isinstance(value, Decimal):
        return Decimal128(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value


def holds(condition: Condition) -> Document:
    """Rows for which it is true."""
    match condition:
        case Both(parts):
            return {"$and": [holds(part) for part in parts]}
        case Either(parts):
            return {"$or": [holds(part) for part in parts]}
        case Not(part):
            return fails(part)
        case Compare():
            return compared(condition)
        case OneOf():
            return one_of(condition)
        case Truth(term):
            return truth(term)
        case _:
            assert_never(condition)


def fails(condition: Condition) -> Document:
    """Rows for which it is false; those for which it is unknown are not among them."""
    match condition:
        case Both(parts):
            return {"$or": [fails(part) for part in parts]}
        case Either(parts):
            return {"$and": [fails(part) for part in parts]}
        case Not(part):
            return holds(part)
        case Compare():
            return {"$nor": [compared(condition)]}
        case OneOf():
            return {"$nor": [one_of(condition)]}
        case Truth(term):
            return untruth(term)
        case _:
            assert_never(condition)


def compared(compare: Compare) -> Document:
    left, operator, right = compare.left, compare.operator, compare.right
    if isinstance(right, Field) and isinstance(left, Value):
        left, operator, right = right, TURNED.get(operator, operator), left
    if isinstance(left, Field) and isinstance(right, Value):
        return against(left.column, operator, right.value)
    ordered = {MONGO[operator]: ["$$a0", "$$a1"]}
    if operator in TURNED:
        return {"$expr": known([left, right], ordered, otherwise=False)}
    return {"$expr": {MONGO[operator]: [computed(left), computed(right)]}}


def against(column: Column, operator: Operator, value: Cell) -> Document:
    if value is None and operator in TURNED:
        return NOTHING
    found: Document = {stored_name(column): {MONGO[operator]: stored(value)}}
    if column.name == DAY and isinstance(value, date) and (times := times_of(operator, value)):
        found[AT] = times
    return found


def times_of(operator: Operator, day: date) -> Document:
    """Instants that such days have in whatever timezone: it changes no answer, and indexes are of instants."""
    if not EARLIEST <= day <= LATEST:
        return {}
    midnight = datetime.combine(day, time(), UTC)
    times: Document = {}
    if operator in (Operator.EQ, Operator.GE, Operator.GT):
        times["$gte"] = midnight - timedelta(days=1)
    if operator in (Operator.EQ, Operator.LE, Operator.LT):
        times["$lt"] = midnight + timedelta(days=2)
    return times


def one_of(condition: OneOf) -> Document:
    values = [stored(value.value) for value in condition.values]
    if isinstance(condition.term, Field):
        return {stored_name(condition.term.column): {"$in": values}}
    return {"$expr": {"$in": [computed(condition.term), {"$literal": values}]}}


def truth(term: Term) -> Document:
    if isinstance(term, Field):
        return {stored_name(term.column): {"$eq": True}}
    if (pattern := pattern_of(term)) is not None:
        return {pattern[0]: {"$regex": pattern[1]}}
    return {"$expr": {"$eq": [computed(term), True]}}


def untruth(term: Term) -> Document:
    if isinstance(term, Field):
        return {stored_name(term.column): {"$eq": False}}
    if (pattern := pattern_of(term)) is not None:
        return {pattern[0]: {"$not": {"$regex": pattern[1]}, "$ne": None}}
    return {"$expr": {"$eq": [computed(term), False]}}


def pattern_of(term: Term) -> tuple[str, str] | None:
    """Column and pattern, where a function asks for a text in a column."""
    match term:
        case Call(function, (Field(column), Value(Kind.TEXT, str() as text))) if function in PATTERNS:
            return stored_name(column), PATTERNS[function].format(re.escape(text))
        case _:
            return None


def computed(term: Term) -> Expression:
    """The value of a term in one row; null where it is missing."""
    match term:
        case Value(_, value):
            return {"$literal": stored(value)}
        case Field(column):
            return {"$ifNull": [f"${stored_name(column)}", None]}
        case Call(function, arguments, kind):
            given = [f"$$a{number}" for number in range(len(arguments))]
            return known(arguments, CALLS[function](kind, *given))
        case _:
            assert_never(term)


def known(terms: Sequence[Term], then: Expression, *, otherwise: bool | None = None) -> Expression:
    """`then` with `$$a0`, `$$a1` … for the terms; `otherwise` where one of them is missing."""
    given = {f"a{number}": computed(term) for number, term in enumerate(terms)}
    missing = {"$in": [None, [f"$${name}" for name in given]]}
    return {"$let": {"vars": given, "in": {"$cond": [missing, otherwise, then]}}}


def substring(kind: Kind, text: str, start: str, length: str | None = None) -> Expression:
    return {"$substrCP": [text, within(start), within(length) if length else {"$strLenCP": text}]}


def within(number: str) -> Expression:
    return {"$toInt": {"$min": [{"$max": [number, 0]}, LONGEST_TEXT]}}


def ends_with(kind: Kind, text: str, end: str) -> Expression:
    start = {"$subtract": [{"$strLenCP": text}, {"$strLenCP": end}]}
    last = {"$substrCP": [text, {"$max": [0, start]}, {"$strLenCP": end}]}
    return {"$eq": [last, end]}


def rounded(kind: Kind, number: str) -> Expression:
    """Halves away from zero, as OData has it; `$round` goes to the even one."""
    return {
        "$trunc": {"$cond": [{"$lt": [number, 0]}, {"$subtract": [number, HALF]}, {"$add": [number, HALF]}]}
    }


def divided(kind: Kind, left: str, right: str) -> Expression:
    share: Expression = {"$divide": [left, right]}
    whole = {"$trunc": share} if kind is Kind.WHOLE else share
    return {"$cond": [{"$eq": [right, 0]}, None, whole]}


def plain_call(operator: str) -> Callable[..., Expression]:
    return lambda kind, *given: {operator: list(given)}


def single_call(operator: str) -> Callable[..., Expression]:
    return lambda kind, given: {operator: given}


CALLS: Mapping[str, Callable[..., Expression]] = {
    "contains": lambda kind, text, part: {"$gte": [{"$indexOfCP": [text, part]}, 0]},
    "startswith": lambda kind, text, part: {"$eq": [{"$indexOfCP": [text, part]}, 0]},
    "endswith": ends_with,
    "tolower": single_call("$toLower"),
    "toupper": single_call("$toUpper"),
    "trim": lambda kind, text: {"$trim": {"input": text}},
    "concat": plain_call("$concat"),
    "substring": substring,
    "length": single_call("$strLenCP"),
    "indexof": plain_call("$indexOfCP"),
    "year": single_call("$year"),
    "month": single_call("$month"),
    "day": single_call("$dayOfMonth"),
    "hour": single_call("$hour"),
    "minute": single_call("$minute"),
    "second": single_call("$second"),
    "date": lambda kind, at: {"$dateTrunc": {"date": at, "unit": "day"}},
    "round": rounded,
    "floor": single_call("$floor"),
    "ceiling": single_call("$ceil"),
    "add": plain_call("$add"),
    "sub": plain_call("$subtract"),
    "mul": plain_call("$multiply"),
    "div": divided,
    "mod": lambda kind, left, right: {"$cond": [{"$eq": [right, 0]}, None, {"$mod": [left, right]}]},
}


def behind(order: Sequence[Order], after: Sequence[Cell]) -> Document:
    """Rows that come after the one with these values."""
    ways: list[Document] = []
    same: list[Document] = []
    for each, value in zip(order, after, strict=True):
        further = beyond(each, value)
        if further is not None:
            ways.append({"$and": [*same, further]} if same else further)
        same.append(against(each.column, Operator.EQ, value))
    if len(ways) < 2:
        return ways[0] if ways else NOTHING
    return {"$and": [*from_there(order[0], after[0]), {"$or": ways}]}


def from_there(first: Order, value: Cell) -> list[Document]:
    """What follows from the ways behind, said once more for an index to begin at."""
    return [] if first.descending or value is None else [against(first.column, Operator.GE, value)]


def beyond(order: Order, value: Cell) -> Document | None:
    """Missing values come first when rising. `None`: nothing comes behind."""
    column = order.column
    if value is None:
        return None if order.descending else against(column, Operator.NE, None)
    if not order.descending:
        return against(column, Operator.GT, value)
    return {"$or": [against(column, Operator.LT, value), against(column, Operator.EQ, None)]}
