"""What conditions ask, told in a few words that any store or rules engine can be taught.

Each line says its meaning once more in these words (`Line.clause`); an adapter translates the words and knows
nothing of the lines. A clause speaks of *columns*: a fact as one type sees it, there or not there
(`common.domain.conditions.columns`).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """As what a fact is seen."""

    TEXT = "text"
    """A text that is not empty, as written."""
    FOLDED = "folded"
    """The same without case and accents."""
    ITEMS = "items"
    """The folded texts of a list; a text by itself is a list of one."""
    YES_NO = "yes_no"
    NUMBER = "number"
    DAY = "day"
    """A date without a time: days since the beginning of year 1, which is 1."""
    INSTANT = "instant"
    """A moment: microseconds since 1970 in UTC."""


@dataclass(frozen=True, slots=True)
class Column:
    """One fact as one kind."""

    field: str
    kind: Kind


Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Present:
    """The column is there."""

    column: Column


@dataclass(frozen=True, slots=True)
class OneOf:
    """The column, or any of its items, is one of these."""

    column: Column
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class HasAll:
    """All of these are among the column's items (kind `ITEMS`)."""

    column: Column
    values: tuple[str, ...]


class Part(StrEnum):
    BEGINNING = "beginning"
    ANYWHERE = "anywhere"
    END = "end"


@dataclass(frozen=True, slots=True)
class Like:
    """The column (kind `FOLDED`) has this text in it, there."""

    column: Column
    part: Part
    text: str


class Than(StrEnum):
    LESS = "less"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Compared:
    """The column (a number, a day or an instant) is less, or more, than this."""

    column: Column
    than: Than
    value: int | float


@dataclass(frozen=True, slots=True)
class Not:
    clause: "Clause"


@dataclass(frozen=True, slots=True)
class Every:
    """All hold; of none at all, this is always so."""

    clauses: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one holds; of none at all, this is never so."""

    clauses: tuple["Clause", ...]


Clause = Present | OneOf | HasAll | Like | Compared | Not | Every | Either

ALWAYS = Every(())
NEVER = Either(())
