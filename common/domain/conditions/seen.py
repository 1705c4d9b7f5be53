"""What was asked and what was found there: the material of every explanation (architecture.md §3.7)."""

from datetime import date
from typing import Any

from common.domain.conditions.line import Line
from common.domain.conditions.number import MAX_WHOLE, is_number
from common.domain.model import Model

MAX_TEXT = 200
MAX_ITEMS = 20


class Seen(Model):
    """One line with the value it met, fit for JSON: texts are cut at 200 characters, lists at 20 items."""

    field: str
    op: str
    expected: Any = None
    value: Any = None
    holds: bool

    @classmethod
    def of(cls, line: Line, value: Any, holds: bool) -> "Seen":
        return cls(
            field=line.field, op=str(line.op), expected=brief(line.expected), value=brief(value), holds=holds
        )


class Verdict(Model):
    """Whether conditions hold, and the lines that decided it."""

    holds: bool
    seen: tuple[Seen, ...] = ()


def brief(value: Any) -> Any:
    """The value as something that JSON and every store can hold, cut to a readable length."""
    if value is None or isinstance(value, bool):
        return value
    if is_number(value):
        return value if abs(value) <= MAX_WHOLE or isinstance(value, float) else "a number beyond 64 bits"
    if isinstance(value, list | tuple | set | frozenset):
        return _brief_items(list(value))
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _brief_items(items: list[Any]) -> list[Any]:
    shown = [brief(item) for item in items[:MAX_ITEMS]]
    return [*shown, f"… and {len(items) - MAX_ITEMS} more"] if len(items) > MAX_ITEMS else shown
