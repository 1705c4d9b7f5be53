"""Conditions as rule sets of durable_rules: wider than what they mean, never narrower.

The library compares loosely (any text is greater than any number, `1` equals `"1"` and true) and has limits, so
it is only asked of whole numbers and short texts that were typed before, under names of our own (`p0`, `p1`, …):

- whether a fact is there, whether a list has an item: 1 or missing;
- numbers in millionths, rounded down, within ±10⁹; moments in seconds, rounded down; days as they are.

What it can't be asked (negations, parts of texts, long lists of choices) is left out, which only widens.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import Any, NamedTuple, assert_never

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
    Present,
    Scalar,
    Than,
)
from common.domain.conditions.columns import columns
from common.domain.facts import Facts

MOST_RULES = 100
"""In one set: 512 never finish building."""
MOST_PROPERTIES = 200
"""Of the facts of one set: over 255 are refused."""
MOST_CHOICES = 20
"""In one line; more are not told apart."""
LONGEST_TEXT = 200
LARGEST = 1e9
MILLIONTHS = 1_000_000

Expression = dict[str, Any]
Fact = dict[str, str | int]


class Asked(NamedTuple):
    """One property of facts: a column itself, that it is there (`there`), or that it has an item."""

    column: Column
    there: bool = False
    item: Scalar | None = None


@dataclass
class _Names:
    """The properties of one rule set, named as they are met."""

    names: dict[Asked, str] = field(default_factory=dict)

    def of(self, asked: Asked) -> str:
        return self.names.setdefault(asked, f"p{len(self.names)}")


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules of one set, by name, and how facts are told to it. `keys`: whose conditions a rule stands for."""

    rules: Mapping[str, Expression]
    keys: Mapping[str, str]
    properties: Mapping[Asked, str]

    def project(self, seen: Mapping[str, Mapping[Kind, Any]]) -> Fact:
        """The facts, seen as columns by field, as this set is told them."""
        fact: Fact = {}
        for asked, name in self.properties.items():
            value = seen.get(asked.column.field, {}).get(asked.column.kind)
            told = None if value is None else _told(asked, value)
            if told is not None:
                fact[name] = told
        return fact

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(asked.column.field for asked in self.properties)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The conditions of some listeners. `always`: those of whom no rule could rule anything out."""

    rulesets: Sequence[Ruleset]
    always: frozenset[str]


def see(fields: Iterable[str], facts: Facts) -> dict[str, dict[Kind, Any]]:
    """The columns of these facts."""
    return {name: columns(facts[name]) for name in fields if name in facts}


def compile_rules(conditions: Mapping[str, Clause]) -> Compiled:
    """Rule sets for conditions by key."""
    always: set[str] = set()
    asked: list[tuple[str, Clause]] = []
    for key, clause in conditions.items():
        ways = list(_ways(clause))
        if any(_is_beyond(way) for way in ways):
            always.add(key)
        else:
            asked += [(key, way) for way in ways]
    return Compiled(tuple(_filled(asked)), frozenset(always))


def _is_beyond(clause: Clause) -> bool:
    """Whether no rule can be made of it: it would be met by anything, or takes too many properties."""
    names = _Names()
    return _wide(clause, names) is None or len(names.names) > MOST_PROPERTIES


def _ways(clause: Clause) -> Iterator[Clause]:
    """The alternatives of a clause, each to be a rule of its own."""
    if isinstance(clause, Either):
        yield from clause.clauses
    else:
        yield clause


def _filled(asked: Iterable[tuple[str, Clause]]) -> Iterator[Ruleset]:
    """Sets with as many rules as they may have."""
    names, rules, keys = _Names(), dict[str, Expression](), dict[str, str]()
    for key, clause in asked:
        together = _Names(dict(names.names))
        expression = _wide(clause, together)
        if rules and (len(rules) == MOST_RULES or len(together.names) > MOST_PROPERTIES):
            yield Ruleset(rules, keys, names.names)
            names, rules, keys = _Names(), {}, {}
            expression = _wide(clause, names)
        else:
            names = together
        if expression is not None and expression != NOWHERE:
            name = f"r{len(rules)}"
            rules[name], keys[name] = expression, key
    if rules:
        yield Ruleset(rules, keys, names.names)


NOWHERE: Expression = {}
"""Met by nothing."""


def _wide(clause: Clause, names: _Names) -> Expression | None:
    """The clause as an expression that is met at least where the clause is; `None`: met by anything."""
    match clause:
        case Present(column) | Like(column):
            return _there(column, names)
        case OneOf(column, values):
            return _one_of(column, values, names)
        case HasAll(column, values):
            return _all([_one_of(column, (value,), names) for value in values])
        case Compared(column, than, value):
            return _compared(column, than, value, names)
        case Not():
            return None
        case Every(clauses):
            return _all([_wide(one, names) for one in clauses])
        case Either(clauses):
            return _any([_wide(one, names) for one in clauses])
    assert_never(clause)


def _there(column: Column, names: _Names) -> Expression:
    return {names.of(Asked(column, there=True)): 1}


def _one_of(column: Column, values: Sequence[Scalar], names: _Names) -> Expression | None:
    if len(values) > MOST_CHOICES:
        return _there(column, names)
    return _any([_equal(column, value, names) for value in values])


def _equal(column: Column, value: Scalar, names: _Names) -> Expression:
    if column.kind is Kind.ITEMS:
        return {names.of(Asked(column, item=value)): 1}
    asked = Asked(column)
    told = _told(asked, value)
    return _there(column, names) if told is None else {names.of(asked): told}


def _compared(column: Column, than: Than, value: int | float, names: _Names) -> Expression:
    """What was rounded down may have become equal, so that `less` is told as `at most`."""
    asked = Asked(column)
    operator = "$lte" if than in (Than.LESS, Than.AT_MOST) else "$gte"
    return {operator: {names.of(asked): _told(asked, value)}}


def _all(expressions: Sequence[Expression | None]) -> Expression | None:
    if NOWHERE in expressions:
        return NOWHERE
    told = [one for one in expressions if one is not None]
    if len(told) < 2:
        return told[0] if told else None
    return {"$and": told}


def _any(expressions: Sequence[Expression | None]) -> Expression | None:
    if None in expressions:
        return None
    told = [one for one in expressions if one]
    if len(told) < 2:
        return told[0] if told else NOWHERE
    return {"$or": told}


def _told(asked: Asked, value: Any) -> str | int | None:
    """A column's value as the library is told it; `None`: not at all."""
    if asked.there:
        return 1
    if asked.item is not None:
        return 1 if asked.item in value else None
    match asked.column.kind:
        case Kind.TEXT | Kind.FOLDED:
            return str(value) if len(value) <= LONGEST_TEXT and _is_utf8(value) else None
        case Kind.YES_NO | Kind.DAY:
            return int(value)
        case Kind.INSTANT:
            return int(value) // MILLIONTHS
        case Kind.NUMBER:
            return floor(float(max(-LARGEST, min(LARGEST, value))) * MILLIONTHS)
        case Kind.ITEMS:
            return None
    assert_never(asked.column.kind)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
