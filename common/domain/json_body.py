"""A JSON document that an author writes: bounded, and fit to be stored."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

LONGEST = 65_536
DEEPEST = 10


def _storable(body: dict[str, Any]) -> dict[str, Any]:
    if len(str(body)) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    for depth, name in names(body):
        if depth > DEEPEST:
            raise ValueError(f"is nested more than {DEEPEST} deep")
        if name.startswith("$") or "." in name or "\0" in name:
            raise ValueError(f"the name {name!r} can't be kept: names have no dot and don't begin with $")
    return body


def names(value: Any, depth: int = 1) -> Iterator[tuple[int, str]]:
    """Each name in it, with its depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield depth, str(name)
            yield from names(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield depth, ""
            yield from names(inner, depth + 1)


def texts(value: Any) -> Iterator[str]:
    """Each text in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


JsonBody = Annotated[dict[str, Any], AfterValidator(_storable)]
