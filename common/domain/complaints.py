"""What is wrong with a document, told by the place in it as its author sees it.

pydantic's own locations also name the members of unions it tried; those are no part of the document.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Path = tuple[str | int, ...]

TAGS = ("kind", "type")
"""Fields by which unions are told apart (see `common.domain.kinds`)."""

UNKNOWN = "extra_forbidden"
SUBJECT = re.compile(r"^(?:[A-Z]\w+) should")
"""pydantic begins with "Input should …"; the field's name stands in front already."""

ABSENT = ("missing", UNKNOWN)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong; `path` leads to it (or to where it is missing)."""

    path: Path
    detail: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer in a URI fragment (RFC 6901 §6), `#` for the document itself."""
        return "".join(("#", *(f"/{escape(str(part))}" for part in self.path)))

    @property
    def field(self) -> str:
        """The path as people write it: `steps[0].content`."""
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return text.removeprefix(".")


def escape(part: str) -> str:
    """One part of a JSON pointer (RFC 6901 §3); half a surrogate pair is no text, so it is spelt out."""
    text = part.encode(errors="backslashreplace").decode()
    return text.replace("~", "~0").replace("/", "~1")


def complaints(errors: Iterable[Mapping[str, Any]], document: Any) -> list[Complaint]:
    """pydantic's `ValidationError.errors()` about this document; alternatives of one place become one."""
    found: dict[Complaint, None] = {}
    for error in errors:
        path = place(error["loc"], document, absent=error["type"] in ABSENT)
        found[Complaint(path, detail(error))] = None
    return list(found)


def place(loc: Sequence[str | int], document: Any, *, absent: bool) -> Path:
    """The parts of `loc` that exist in the document; the last one need not if it is `absent` there."""
    path: list[str | int] = []
    here, tag = document, tag_of(document)
    for number, part in enumerate(loc):
        if part == tag:
            tag = None
        elif holds(here, part):
            path.append(part)
            here = here[part]
            tag = tag_of(here)
        elif absent and number == len(loc) - 1:
            path.append(part)
    return tuple(path)


def tag_of(value: Any) -> Any:
    """By which member of a union this value asks to be read."""
    if not isinstance(value, Mapping):
        return None
    return next((value[tag] for tag in TAGS if tag in value), None)


def holds(value: Any, part: str | int) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)


def detail(error: Mapping[str, Any]) -> str:
    """What is wrong, in a few plain words."""
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a field here"
        case "union_tag_invalid":
            return unknown_kind(error["ctx"])
        case "union_tag_not_found":
            return f"needs {unquoted(error['ctx']['discriminator'])}, which says what it is"
        case _:
            return SUBJECT.sub("should", str(error["msg"]).removeprefix("Value error, "))


def unquoted(name: Any) -> str:
    return str(name).strip(" '")


def unknown_kind(context: Mapping[str, Any]) -> str:
    """A kind that nobody registered, with the nearest one that somebody did."""
    known = [unquoted(name) for name in str(context["expected_tags"]).split(",")]
    near = get_close_matches(str(context["tag"]), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{context['tag']!r} is not a known {unquoted(context['discriminator'])}; {hint}"
