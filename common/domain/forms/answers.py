"""Answers as they are posted, and as they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import Field

from common.domain.model import Model

Answer = str | bool | int | list[str]
"""What one element keeps. A file is kept as its name, its content beside the answers."""

Answers = Mapping[str, Answer]

MOST_TEXT = 4_000


class Wrong(StrEnum):
    """Why an answer can't be taken, as what the person has to do, in English; other languages have texts of their
    own for each."""

    NEEDED = "this is needed"
    NOT_OFFERED = "choose one of the answers that are offered"
    TOO_LONG = "write at most {most} characters"
    NO_ADDRESS = "write an e-mail address, such as name@example.org"
    NO_DATE = "give a date, such as 2026-11-24"
    NO_FILE = "choose a file"
    LARGE_FILE = "choose a file of at most {most} bytes"
    OTHER_FILE = "choose a file that ends in {types}"
    TOO_MUCH = "all answers together are too long"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer; `values` fill the text."""

    wrong: Wrong
    values: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.wrong.format(**self.values)


class BadAnswer(ValueError):
    """The answer can't be taken."""

    def __init__(self, wrong: Wrong, **values: str | int) -> None:
        self.fault = Fault(wrong, values)
        super().__init__(str(self.fault))


class PostedFile(Model):
    """A file as it was posted."""

    name: str = Field(max_length=200)
    type: str = Field(default="application/octet-stream", max_length=100)
    content: bytes


class Posted(Model):
    """All that one element was given: texts in their order, or a file."""

    values: tuple[str, ...] = ()
    file: PostedFile | None = None

    @property
    def text(self) -> str:
        """The only value, without white space around it."""
        return self.values[0].strip() if self.values else ""


NOTHING = Posted()


def one_of(value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise BadAnswer(Wrong.NOT_OFFERED)
    return value


def bounded(text: str, most: int) -> str:
    if len(text) > most:
        raise BadAnswer(Wrong.TOO_LONG, most=most)
    return text
