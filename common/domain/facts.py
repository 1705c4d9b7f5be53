"""Facts: a flat, typed view of a contact and an event, keyed as conditions name them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from common.domain.contact import Contact

Facts = dict[str, Any]
"""Field name to value. Names: `contact.country`, `contact.company.name`, `contact.custom.tier`,
`contact.selections`, `event.amount`, `event.type`, `event.changed`, `before.country`. Values: text, yes/no,
number, instant, list of texts. A field that is not there is missing, which is the same as empty."""

NO_FACTS = frozenset({"id", "revision", "recent"})
"""Fields of a contact that no condition names."""


def collect(
    fields: Iterable[str],
    contact: Contact,
    data: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
) -> Facts:
    """The named fields of a contact, of an event's `data` and of the values `before` it; missing ones left out."""
    sources = {"contact": contact, "event": data or {}, "before": before or {}}
    facts: Facts = {}
    for field in fields:
        root, _, path = field.partition(".")
        value = reach(sources.get(root), path)
        if value is not None:
            facts[field] = value
    return facts


def of_contact(
    contact: Contact, fields: Iterable[str] = tuple(Contact.model_fields)
) -> Iterator[tuple[str, Any]]:
    """Every fact that stands about a contact by itself, by the name that conditions use; on request those in some of
    its fields alone."""
    for name in fields:
        if name not in NO_FACTS:
            yield from _leaves(f"contact.{name}", getattr(contact, name))


def _leaves(field: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel | Mapping):
        for name, inner in _below(value):
            yield from _leaves(f"{field}.{name}", inner)
    elif value is not None:
        yield field, value


def _below(source: BaseModel | Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if not isinstance(source, BaseModel):
        yield from source.items()
        return
    yield from source
    for name in getattr(type(source), "derived", ()):
        yield name, getattr(source, name)


def reach(source: Any, path: str) -> Any:
    """The value at a dotted path through models and mappings, `None` where there is none."""
    for name in path.split("."):
        if isinstance(source, Mapping):
            source = source.get(name)
        elif name in getattr(type(source), "model_fields", ()) or name in getattr(source, "derived", ()):
            source = getattr(source, name)
        else:
            return None
    return source
