"""What an element asks to be shown as: a closed set, so that whoever draws a page draws all of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `type` as in HTML: text, email, tel, date, number."""

    type: str = "text"
    autocomplete: str = ""
    most: int = 400


@dataclass(frozen=True, slots=True)
class Area:
    """Several lines of text."""

    most: int = 4_000


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """Some of several, each beside its box; `many`: more than one may be taken; `row`: side by side."""

    options: tuple[Option, ...]
    many: bool = False
    row: bool = False


@dataclass(frozen=True, slots=True)
class DropDown:
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A single box with its words behind it; `link`: where to read more."""

    words: str
    link: str | None = None
    link_words: str = ""


@dataclass(frozen=True, slots=True)
class File:
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unseen:
    """Carried along, not shown."""

    value: str


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A question that the page makes up."""


@dataclass(frozen=True, slots=True)
class Heading:
    words: str


@dataclass(frozen=True, slots=True)
class Prose:
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    address: str
    words: str


Control = Line | Area | Choices | DropDown | Tick | File | Unseen | Puzzle | Heading | Prose | Picture
