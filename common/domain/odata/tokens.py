"""The words of a `$filter` (OData v4 ABNF), each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from common.domain.odata.problem import BadQuery

MOST_CHARACTERS = 8000

PATTERN = re.compile(
    r"""(?P<space>[ \t]+)
    |(?P<text>'(?:[^']|'')*')
    |(?P<instant>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?(?:Z|z|[+-]\d{2}:\d{2}))
    |(?P<day>\d{4}-\d{2}-\d{2}(?![\w.:]))
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.:]))
    |(?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<minus>-)""",
    re.VERBOSE | re.ASCII,
)


class Token(StrEnum):
    TEXT = "text"
    INSTANT = "instant"
    DAY = "day"
    NUMBER = "number"
    WORD = "word"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    MINUS = "minus"
    END = "end"


@dataclass(frozen=True, slots=True)
class Placed:
    """`at` counts characters from 1."""

    token: Token
    text: str
    at: int

    @property
    def told(self) -> str:
        """As an error names it."""
        return (
            "the end"
            if self.token is Token.END
            else self.text
            if len(self.text) < 40
            else self.text[:37] + "…"
        )


def tokens(text: str, option: str) -> Iterator[Placed]:
    """Ends with `END`. Raises `BadQuery` for what is no word of the language, or too long."""
    if len(text) > MOST_CHARACTERS:
        raise BadQuery(option, f"is longer than {MOST_CHARACTERS} characters")
    position = 0
    while position < len(text):
        found = PATTERN.match(text, position)
        if found is None:
            raise BadQuery(option, unknown(text[position]), position + 1)
        if found.lastgroup is not None and found.lastgroup != "space":
            yield Placed(Token(found.lastgroup), found.group(), position + 1)
        position = found.end()
    yield Placed(Token.END, "", position + 1)


def unknown(character: str) -> str:
    if character == "'":
        return "a text begins that does not end; a quote inside a text is written twice"
    if character.isdigit():
        return "is neither a number, a day (2024-12-31) nor an instant (2024-12-31T09:00:00Z)"
    return f"{character!r} means nothing here"
