"""Data of events that change a contact, put together."""

from collections.abc import Mapping
from typing import Any


def merged(into: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings joined key by key, lists one behind the other, anything else replaced."""
    for name, value in patch.items():
        before = into.get(name)
        if isinstance(before, dict) and isinstance(value, Mapping):
            merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            before.extend(each for each in value if each not in before)
        else:
            into[name] = dict(value) if isinstance(value, Mapping) else value
    return into
