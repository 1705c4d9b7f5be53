"""The functions that a `$filter` may call (OData v4 part 2, §5.1.1), by name, and what they take and give."""

from dataclasses import dataclass

from common.domain.report_tables import Kind

Kinds = frozenset[Kind]

TEXT = frozenset({Kind.TEXT})
NUMBER = frozenset({Kind.WHOLE, Kind.DECIMAL})
WHOLE = frozenset({Kind.WHOLE})
INSTANT = frozenset({Kind.INSTANT})
DATED = frozenset({Kind.INSTANT, Kind.DAY})


@dataclass(frozen=True, slots=True)
class Function:
    """`optional`: how many of the last parameters may be left out."""

    takes: tuple[Kinds, ...]
    gives: Kind
    optional: int = 0


FUNCTIONS = {
    "contains": Function((TEXT, TEXT), Kind.YES_NO),
    "startswith": Function((TEXT, TEXT), Kind.YES_NO),
    "endswith": Function((TEXT, TEXT), Kind.YES_NO),
    "tolower": Function((TEXT,), Kind.TEXT),
    "toupper": Function((TEXT,), Kind.TEXT),
    "trim": Function((TEXT,), Kind.TEXT),
    "concat": Function((TEXT, TEXT), Kind.TEXT),
    "substring": Function((TEXT, WHOLE, WHOLE), Kind.TEXT, optional=1),
    "length": Function((TEXT,), Kind.WHOLE),
    "indexof": Function((TEXT, TEXT), Kind.WHOLE),
    "year": Function((DATED,), Kind.WHOLE),
    "month": Function((DATED,), Kind.WHOLE),
    "day": Function((DATED,), Kind.WHOLE),
    "hour": Function((INSTANT,), Kind.WHOLE),
    "minute": Function((INSTANT,), Kind.WHOLE),
    "second": Function((INSTANT,), Kind.WHOLE),
    "date": Function((INSTANT,), Kind.DAY),
    "round": Function((NUMBER,), Kind.DECIMAL),
    "floor": Function((NUMBER,), Kind.DECIMAL),
    "ceiling": Function((NUMBER,), Kind.DECIMAL),
}
SUMS = ("add", "sub")
PRODUCTS = ("mul", "div", "mod")
ARITHMETIC = (*SUMS, *PRODUCTS)
"""Of two numbers; `div` of two whole numbers gives a whole one. What is divided by nothing is missing."""


def sort_of(kind: Kind | None) -> Kind | None:
    """Kinds whose values can be compared with one another have one sort."""
    return Kind.DECIMAL if kind is Kind.WHOLE else kind
