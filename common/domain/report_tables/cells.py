"""Single values of rows, as JSON has them, and as text."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any, assert_never

from common.domain.instant import to_instant
from common.domain.report_tables.table import Kind

Cell = str | int | Decimal | bool | datetime | date | None
Plain = str | int | bool | None


def plain(kind: Kind, value: Cell) -> Plain:
    """As JSON has it without loss; decimal numbers as text."""
    if value is None:
        return None
    match kind:
        case Kind.TEXT:
            return str(value)
        case Kind.WHOLE:
            assert isinstance(value, int)
            return value
        case Kind.YES_NO:
            return bool(value)
        case Kind.DECIMAL:
            return f"{value:f}"
        case Kind.INSTANT:
            assert isinstance(value, datetime)
            return instant_text(value)
        case Kind.DAY:
            assert isinstance(value, date)
            return value.isoformat()
        case _:
            assert_never(kind)


def from_plain(kind: Kind, value: Plain) -> Cell:
    """What `plain` was given; raises `ValueError` for what it never answers."""
    if value is None:
        return None
    match kind:
        case Kind.WHOLE if type(value) is int:
            return value
        case Kind.YES_NO if type(value) is bool:
            return value
        case Kind.TEXT if isinstance(value, str):
            return value
        case Kind.DECIMAL if isinstance(value, str):
            return decimal_of(value)
        case Kind.INSTANT if isinstance(value, str):
            return to_instant(datetime.fromisoformat(value)).astimezone(UTC)
        case Kind.DAY if isinstance(value, str):
            return date.fromisoformat(value)
        case _:
            raise ValueError(f"is no {kind}")


def decimal_of(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("is no number") from None


def instant_text(value: datetime) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    return f"{value.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def text_cell(kind: Kind, value: Cell) -> str:
    """For files of text; empty where it is missing."""
    given = plain(kind, value)
    if given is None:
        return ""
    return ("true" if given else "false") if isinstance(given, bool) else str(given)


def json_cell(kind: Kind, *, exact: bool = False) -> Callable[[Cell], str]:
    """Writes values of this kind as JSON. `exact`: numbers that programs might round are told as text."""
    write = WRITERS[kind]
    if exact and kind in (Kind.WHOLE, Kind.DECIMAL):
        return lambda value: "null" if value is None else f'"{write(value)}"'
    return lambda value: "null" if value is None else write(value)


WRITERS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: encode_basestring,
    Kind.WHOLE: str,
    Kind.DECIMAL: lambda value: f"{value:f}",
    Kind.YES_NO: lambda value: "true" if value else "false",
    Kind.INSTANT: lambda value: f'"{instant_text(value)}"',
    Kind.DAY: lambda value: f'"{value.isoformat()}"',
}
"""Values that are there, as JSON: straight to text, since a page has a hundred thousand of them."""
