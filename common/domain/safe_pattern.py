"""Regular expressions that authors may write: a part of the language in which a match can't take for ever.

The standard engine goes back and tries again, which nested or many repeats make endless. Here only single characters
repeat, two of them at most, and only whole patterns have alternatives; on texts of bounded length that is
bounded work.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

LONGEST = 200
MOST_REPEATS = 2
"""`{3}` is none, since there is but one way to do it."""

TOKEN = re.compile(
    r"""(?P<one>\[\^?(?:[^\[\]\\^]|\\[^\d\n])+\]|\\[dDwWsS]|\\[^\w\s]|[^\\\[\]*+?{}()|^$])
    |(?P<place>\\[bB]|[\^$])
    |(?P<fixed>\{\d{1,3}\})
    |(?P<repeat>(?:[*+?]|\{\d{1,3},\d{0,3}\})\??)
    |(?P<group>\((?:\?:)?(?!\?)|\))
    |(?P<or>\|)""",
    re.VERBOSE,
)


def check_pattern(text: str) -> str:
    """The pattern itself; raises `ValueError` that says what is not taken."""
    place = depth = repeats = 0
    before: str | None = None
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"what begins with {text[place : place + 10]!r} is not taken in a pattern")
        kind = found.lastgroup
        if kind in ("fixed", "repeat") and before != "one":
            raise ValueError(f"{found[0]!r} may only repeat a single character or a set of them")
        if kind == "or" and depth:
            raise ValueError("alternatives may not stand in a group: write the whole pattern for each")
        repeats += kind == "repeat"
        if repeats > MOST_REPEATS:
            raise ValueError(f"at most {MOST_REPEATS} repeats are taken")
        depth += {"(": 1, "(?:": 1, ")": -1}.get(found[0], 0) if kind == "group" else 0
        place, before = found.end(), kind
    _compiles(text)
    return text


def _compiles(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None


SafePattern = Annotated[str, StringConstraints(max_length=LONGEST), AfterValidator(check_pattern)]
