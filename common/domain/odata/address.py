"""The last part of an address: a table, or one row of it."""

import re
from dataclasses import dataclass

ADDRESS = re.compile(r"(?P<table>[A-Za-z_][A-Za-z0-9_]*)(?:\((?:id=)?'(?P<key>(?:[^']|'')*)'\))?")


@dataclass(frozen=True, slots=True)
class Address:
    """`key` is `None` where all rows are meant."""

    table: str
    key: str | None = None


def read_address(text: str) -> Address | None:
    """`None` for what is neither."""
    found = ADDRESS.fullmatch(text)
    if found is None:
        return None
    key = found["key"]
    return Address(found["table"], None if key is None else key.replace("''", "'"))
