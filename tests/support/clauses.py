"""What clauses mean, asked of facts in memory: the measure for stores and rules engines."""

from typing import Any, assert_never

from common.domain.conditions.clause import (
    Clause,
    Column,
    Compared,
    Either,
    Every,
    HasAll,
    Kind,
    Like,
    Not,
    OneOf,
    Part,
    Present,
    Than,
)
from common.domain.conditions.columns import columns
from common.domain.facts import Facts


def met(clause: Clause, facts: Facts) -> bool:
    """Whether the facts meet the clause."""
    match clause:
        case Present(column):
            return _value(column, facts) is not None
        case OneOf(column, values):
            return any(value in values for value in _values(column, facts))
        case HasAll(column, wanted):
            present = _value(column, facts)
            return present is not None and set(wanted) <= set(present)
        case Like(column, part, text):
            return any(_like(value, part, text) for value in _values(column, facts))
        case Compared(column, than, bound):
            return any(_compare(value, than, bound) for value in _values(column, facts))
        case Not(inner):
            return not met(inner, facts)
        case Every(clauses):
            return all(met(one, facts) for one in clauses)
        case Either(clauses):
            return any(met(one, facts) for one in clauses)
    assert_never(clause)


def _value(column: Column, facts: Facts) -> Any:
    return columns(facts.get(column.field)).get(column.kind)


def _values(column: Column, facts: Facts) -> list[Any]:
    value = _value(column, facts)
    if column.kind is Kind.ITEMS:
        return value or []
    return [] if value is None else [value]


def _like(value: str, part: Part, text: str) -> bool:
    match part:
        case Part.BEGINNING:
            return value.startswith(text)
        case Part.ANYWHERE:
            return text in value
        case Part.END:
            return value.endswith(text)
    assert_never(part)


def _compare(value: Any, than: Than, bound: Any) -> bool:
    match than:
        case Than.LESS:
            return bool(value < bound)
        case Than.AT_MOST:
            return bool(value <= bound)
        case Than.AT_LEAST:
            return bool(value >= bound)
        case Than.MORE:
            return bool(value > bound)
    assert_never(than)
