"""What a table for analysts is: flat, with columns that stay as they are once they are published."""

from dataclasses import dataclass
from enum import StrEnum

ID = "id"
"""The key of every table, stored as `_id`; every other column is stored under its own name."""


class Kind(StrEnum):
    """What the values of a column are. A closed list: readers translate each."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    """Exact; stored as a decimal number."""
    YES_NO = "yes_no"
    INSTANT = "instant"
    """In UTC, to the millisecond."""
    DAY = "day"
    """A day of the calendar; stored as its midnight, as if it were one in UTC."""


@dataclass(frozen=True, slots=True)
class Column:
    """`meaning` is a sentence for people. `personal`: tells something of a person, and is left out unless asked for.
    `nullable`: may be missing."""

    name: str
    kind: Kind
    meaning: str
    personal: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is the collection's, or the view's, too. `key`: the column that names a row, for ever."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: str = ID

    def column(self, name: str) -> Column | None:
        """`None`: the table has no column of this name."""
        return next((column for column in self.columns if column.name == name), None)


def text(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.TEXT, meaning, nullable=nullable)


def personal(name: str, meaning: str) -> Column:
    """Text about a person; may be missing."""
    return Column(name, Kind.TEXT, meaning, personal=True, nullable=True)


def whole(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.WHOLE, meaning, nullable=nullable)


def decimal(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.DECIMAL, meaning, nullable=nullable)


def yes_no(name: str, meaning: str) -> Column:
    return Column(name, Kind.YES_NO, meaning)


def instant(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.INSTANT, meaning, nullable=nullable)


def day(name: str, meaning: str) -> Column:
    return Column(name, Kind.DAY, meaning)
