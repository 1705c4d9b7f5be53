"""A `$filter` as a tree of checked kinds: every comparison in it is between values of one sort.

A condition is true, false, or unknown (a function of what is missing, or a yes/no that is missing); only rows for
which it is true are found. Comparisons are never unknown: nothing is less or greater than what is missing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from common.domain.report_tables import Column, Kind

Scalar = str | int | Decimal | bool | datetime | date
Cell = Scalar | None
"""The value of one column in one row; `None`: missing."""


class Operator(StrEnum):
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Value:
    """`kind` is `None` for null alone."""

    kind: Kind | None
    value: Cell


@dataclass(frozen=True, slots=True)
class Field:
    column: Column

    @property
    def kind(self) -> Kind:
        return self.column.kind


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table in `functions`, or an arithmetic operator; unknown where an argument is missing."""

    function: str
    arguments: tuple["Term", ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Compare:
    operator: Operator
    left: "Term"
    right: "Term"


@dataclass(frozen=True, slots=True)
class OneOf:
    term: "Term"
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes/no by itself."""

    term: "Term"


@dataclass(frozen=True, slots=True)
class Both:
    """True where all parts are."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """True where any part is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Term = Value | Field | Call
Condition = Compare | OneOf | Truth | Both | Either | Not
