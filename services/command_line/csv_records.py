"""From the columns of a CSV to events and contacts.

A dot in a column's name leads inside: `company.name`, `consents.e_marketing.basis`, `data.amount`.
"""

import json
from collections.abc import Mapping
from typing import Any

ENVELOPE = frozenset({"id", "type", "source", "contact", "subject", "time", "specversion"})
"""Columns of an event itself; every other one is part of its data."""

LISTS = frozenset({"subscriptions", "interests", "selections", "projects"})
"""Columns of a contact that hold several texts, with a semicolon between."""

CUSTOM = ("custom.", "company.custom.")


def event(columns: Mapping[str, str]) -> dict[str, Any]:
    """An event; in its data, what looks like a number or true or false is one."""
    found: dict[str, Any] = {}
    for name, text in columns.items():
        if name in ENVELOPE:
            found[name] = text
        else:
            put(found, f"data.{name.removeprefix('data.')}", scalar(text))
    return found


def contact(columns: Mapping[str, str]) -> dict[str, Any]:
    """A contact's fields; custom fields are read like an event's data."""
    found: dict[str, Any] = {}
    for name, text in columns.items():
        if name in LISTS:
            found[name] = [part.strip() for part in text.split(";") if part.strip()]
        else:
            put(found, name, scalar(text) if name.startswith(CUSTOM) else text)
    return found


def put(target: dict[str, Any], name: str, value: Any) -> None:
    """Set a value at a dotted name; of two columns that exclude one another the later one wins."""
    *above, last = name.split(".")
    for part in above:
        inner = target.get(part)
        if not isinstance(inner, dict):
            inner = target[part] = {}
        target = inner
    target[last] = value


def scalar(text: str) -> Any:
    """A number, true or false where the text is one as JSON writes it; else the text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool | int | float) else text
