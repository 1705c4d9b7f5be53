"""What differs between two states of a contact, told by the names that conditions use."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from common.domain.contact import Contact

NOT_DATA = frozenset({"id", "revision", "engagement", "recent"})


def changed_fields(before: Contact, after: Contact) -> tuple[str, ...]:
    """The fields whose values differ: `country`, `company.name`, `custom.tier`, `consents.e_marketing`."""
    return tuple(_differing(_fields(before), _fields(after)))


def values(contact: Contact, fields: Iterable[str]) -> dict[str, Any]:
    """The values of these fields, nested as the contact nests them, fit for JSON."""
    told: dict[str, Any] = {}
    every = contact.model_dump(mode="json", exclude=set(NOT_DATA))
    for field in fields:
        *path, last = field.split(".")
        source, target = every, told
        for name in path:
            source, target = source.get(name) or {}, target.setdefault(name, {})
        target[last] = source.get(last)
    return told


def _fields(contact: Contact) -> dict[str, Any]:
    return contact.model_dump(exclude=set(NOT_DATA))


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], root: str = "") -> Iterator[str]:
    """By field; the company, custom fields and consents by what is in them."""
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name in ("company", "custom", "consents"):
            yield from _differing(old or {}, new or {}, f"{root}{name}.")
        else:
            yield f"{root}{name}"
