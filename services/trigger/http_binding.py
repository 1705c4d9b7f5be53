"""CloudEvents' attributes as HTTP headers (HTTP protocol binding 1.0.2, §3.1.3)."""

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from services.trigger.cloud_events import Unreadable

PREFIX = "ce-"
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")


def attributes_of(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The attributes among the headers, decoded. Raises `Unreadable` for one that is no UTF-8, or comes twice."""
    attributes: dict[str, str] = {}
    for header, value in headers:
        name = header.lower()
        if not name.startswith(PREFIX):
            continue
        attribute = name.removeprefix(PREFIX)
        if attribute in attributes:
            raise Unreadable(f"has the header {name} twice")
        attributes[attribute] = decoded(name, value)
    return attributes


def decoded(name: str, value: str) -> str:
    """A header's value without quotes and percent signs; frameworks hand over bytes as Latin-1."""
    unquoted = QUOTED.sub(lambda match: ESCAPED.sub(r"\1", match[1]), value)
    try:
        return unquote_to_bytes(unquoted.encode("latin-1")).decode()
    except UnicodeError:
        raise Unreadable(f"has the header {name}, which is not percent-encoded UTF-8") from None
