"""Custom fields as the reference CRM writes them: all values as text, those that are no text as `[I:3]`, `[D:…]`.

A checkbox comes as the number 1 or 0, as a number does; see `checkboxes`. A choice of a list comes as its number,
with its words beside it under `NAME:DisplayText`; the words are taken, since people see these.
"""

import contextlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.domain.contact import MOST_CUSTOM, FieldValue

ENCODED = re.compile(r"\[(?P<kind>[A-Z]{1,2}):(?P<value>.*)\]", re.DOTALL)
WORDS, HINT = ":DisplayText", ":DisplayTooltip"
DATES = ("%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d")
FIRST_YEAR = 1800
"""Earlier ones stand for no date."""
LONGEST_NAME = 100


def custom_fields(record: Mapping[str, Any]) -> dict[str, FieldValue] | None:
    """By our names; `None` where the record tells of none. `record`: by names in lower case."""
    given = record.get("customfields")
    if not isinstance(given, Mapping):
        older = [record.get(name) for name in ("userdefinedfields", "extrafields")]
        told = [each for each in older if isinstance(each, Mapping)]
        if not told:
            return None
        given = {name: value for each in told for name, value in each.items()}
    named = {
        our_name(name): value_of(value, given.get(name + WORDS))
        for name, value in given.items()
        if is_field(name)
    }
    return dict(sorted(named.items())[:MOST_CUSTOM])


def is_field(name: str) -> bool:
    return not name.endswith((WORDS, HINT)) and our_name(name).isprintable() and 0 < len(name) <= LONGEST_NAME


def our_name(theirs: str) -> str:
    """A dot would part a name in conditions, a dollar would be an operator to the store."""
    return theirs.strip().lstrip("$").replace(".", "_")


def value_of(given: Any, words: Any) -> FieldValue:
    if isinstance(given, bool | int | float):
        return given
    if not isinstance(given, str) or not given.strip():
        return None
    encoded = ENCODED.fullmatch(given.strip())
    if encoded is None:
        return given
    if isinstance(words, str) and encoded["kind"] in ("I", "A"):
        return words.strip() or None
    return decoded(encoded["kind"], encoded["value"].strip())


def decoded(kind: str, value: str) -> FieldValue:
    """As text where it is not what its kind says."""
    with contextlib.suppress(ValueError, OverflowError):
        match kind:
            case "I":
                return int(value)
            case "F" | "M":
                return float(value)
            case "A":
                return [each.strip() for each in value.split(",") if each.strip()]
            case "D":
                return date_of(value)
            case "DT":
                day, _, time = value.partition(" ")
                found = date_of(day)
                return f"{found}T{time[:8]}" if found and time else found
    return value or None


def date_of(value: str) -> str | None:
    """Raises `ValueError` for what is none."""
    for form in DATES:
        with contextlib.suppress(ValueError):
            found = datetime.strptime(value, form)
            return found.date().isoformat() if found.year >= FIRST_YEAR else None
    raise ValueError(value)


def written(value: FieldValue, before: Any) -> str | None:
    """A value as the CRM takes it in place of the one that it has; `None` for words of a list, whose number we don't
    know, and for what is of another kind."""
    encoded = ENCODED.fullmatch(before.strip()) if isinstance(before, str) else None
    kind = encoded["kind"] if encoded else None
    match value:
        case None:
            return f"[{kind}:0]" if kind == "I" else ""
        case bool() | int():
            return f"[{'I' if kind is None else kind}:{int(value)}]"
        case float():
            return f"[{kind if kind in ('F', 'M') else 'F'}:{value}]"
        case str() if kind == "D":
            with contextlib.suppress(ValueError):
                return f"[D:{datetime.fromisoformat(value):%m/%d/%Y}]"
        case str() if kind is None:
            return value
    return None
