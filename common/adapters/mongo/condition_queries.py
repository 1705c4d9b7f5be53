"""Conditions as queries over the collection `contacts`: for counts, previews and enrolling many at once.

MongoDB's own comparisons see accents and case, look into lists, and take no text for a date. So the contacts
store keeps beside each contact's data what conditions see of it, in the sub-document `columns`, by kind:
`columns.folded.country`, `columns.number.custom.size`. Queries ask there.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from common.adapters.mongo.client import Document
from common.domain.conditions import ANYONE, Asker, Criteria, clause
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
from common.domain.contact import Contact
from common.domain.facts import of_contact

COLUMNS = "columns"
ROOT = "contact."
NOBODY: Document = {"$nor": [{}]}

_OPERATORS = {Than.LESS: "$lt", Than.AT_MOST: "$lte", Than.AT_LEAST: "$gte", Than.MORE: "$gt"}


def contacts_who(criteria: Criteria, now: datetime, asker: Asker = ANYONE) -> Document:
    """The query that finds exactly the contacts for whom the conditions hold at `now`.

    A contact by itself has had no event: lines about events see nothing.
    """
    return query(clause(criteria, asker, now))


def stored_columns(contact: Contact, told: Iterable[str]) -> Document:
    """What conditions see of a contact, by kind and, below it, by the field's path. `told`: those of its fields that
    are not as they are by default; of the others is seen what is seen of everybody."""
    kept = _copied(_OF_EVERYBODY)
    _see(of_contact(contact, told), kept)
    return kept


def _see(facts: Iterable[tuple[str, Any]], kept: Document) -> None:
    for field, value in facts:
        seen = columns(value)
        seen.pop(Kind.TEXT, None)
        if Kind.FOLDED in seen:
            del seen[Kind.ITEMS]
        for kind, told in seen.items():
            _place(kept.setdefault(kind.value, {}), field.split(".")[1:], told)


def _place(target: Document, path: list[str], value: Any) -> None:
    *above, last = path
    for name in above:
        target = target.setdefault(name, {})
    target[last] = value


def _copied(document: Document) -> Document:
    return {name: _copied(inner) if isinstance(inner, dict) else inner for name, inner in document.items()}


_OF_EVERYBODY: Document = {}
_see(of_contact(Contact(id="anybody")), _OF_EVERYBODY)


def query(asked: Clause) -> Document:
    """A clause in MongoDB's words."""
    match asked:
        case Present(column):
            return _any_of(column, {"$exists": True})
        case OneOf(column, values):
            return _one_of(column, list(values))
        case HasAll(column, values):
            return _all([_any_of(column, {"$in": [value]}) for value in values])
        case Like(column, part, text):
            return _any_of(column, {"$regex": pattern(part, text)})
        case Compared(column, than, value):
            return _any_of(column, {_OPERATORS[than]: value})
        case Not(inner):
            return {"$nor": [query(inner)]}
        case Every(clauses):
            return _all([query(one) for one in clauses])
        case Either(clauses):
            return {"$or": [query(one) for one in clauses]} if clauses else NOBODY
    assert_never(asked)


def _one_of(column: Column, values: list[Any]) -> Document:
    if column.kind is not Kind.TEXT:
        return _any_of(column, {"$in": values})
    as_written = {column.field.removeprefix(ROOT): {"$in": values}}
    return _all([as_written, _any_of(column, {"$exists": True})])


def _any_of(column: Column, test: Document) -> Document:
    """The test asked of the column, wherever it is kept."""
    if not column.field.startswith(ROOT):
        return NOBODY
    path = column.field.removeprefix(ROOT)
    found = [{f"{COLUMNS}.{kind.value}.{path}": test} for kind in _kept_as(column.kind)]
    return found[0] if len(found) == 1 else {"$or": found}


def _kept_as(kind: Kind) -> tuple[Kind, ...]:
    """A text by itself is kept once, folded, and not again as a list of one."""
    match kind:
        case Kind.TEXT:
            return (Kind.FOLDED,)
        case Kind.ITEMS:
            return (Kind.FOLDED, Kind.ITEMS)
        case _:
            return (kind,)


def _all(queries: list[Document]) -> Document:
    if len(queries) == 1:
        return queries[0]
    return {"$and": queries} if queries else {}


def pattern(part: Part, text: str) -> str:
    """A regular expression (PCRE) without NUL bytes, which BSON has no room for in one."""
    escaped = re.escape(text).replace("\x00", r"\x00")
    match part:
        case Part.BEGINNING:
            return f"^{escaped}"
        case Part.ANYWHERE:
            return escaped
        case Part.END:
            return f"{escaped}\\z"
    assert_never(part)
