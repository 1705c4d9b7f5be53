"""Answers as they are posted, and as they are kept."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from common.domain.model import Model

Answer = str | bool | int | list[str]
"""What one element keeps. A file is kept as its name, its content beside the answers."""

Answers = Mapping[str, Answer]

MOST_TEXT = 4_000


class BadAnswer(ValueError):
    """The answer can't be taken; the text tells the person what to do."""


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
        raise BadAnswer("choose one of the answers that are offered")
    return value


def bounded(text: str, most: int) -> str:
    if len(text) > most:
        raise BadAnswer(f"write at most {most} characters")
    return text
