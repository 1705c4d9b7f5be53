"""What a command tells the person when it can't do what was asked."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx


class CommandFailed(Exception):
    """Ends the command with exit code 1; the text is for the person."""


class Unreachable(CommandFailed):
    """Nobody answers at the address of the installation."""

    def __init__(self, url: str, error: Exception) -> None:
        super().__init__(
            f"no Headrace answers at {url} ({error}); start one with `headrace up`, or name another with --url"
        )


class Refused(CommandFailed):
    """The installation refused; `problem` is its problem document (RFC 9457), empty if it sent none."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem = problem_of(answer)
        super().__init__("\n".join(in_words(self.status, self.problem)))

    @property
    def errors(self) -> list[dict[str, Any]]:
        """All that is wrong, each with its place."""
        return [error for error in self.problem.get("errors", ()) if isinstance(error, dict)]


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def in_words(status: int, problem: Mapping[str, Any]) -> Iterator[str]:
    """A problem document, line by line."""
    if status == httpx.codes.UNAUTHORIZED:
        yield f"{problem.get('detail', 'a key is needed')}: give one with --key or HEADRACE_KEY"
        return
    detail = problem.get("detail") or problem.get("title")
    yield str(detail) if detail else f"the installation answered with status {status}"
    for error in problem.get("errors", ()):
        if isinstance(error, dict):
            yield f"  {error_in_words(error)}"


def error_in_words(error: Mapping[str, Any]) -> str:
    """One error: where it is (step and field, or field), and what is wrong."""
    where = [f"step {error['step']}"] if error.get("step") else []
    field = error.get("field") or error.get("parameter") or field_of(error.get("pointer", ""))
    words = " ".join([*where, *([str(field)] if field else [])])
    detail = str(error.get("detail", "is not valid"))
    return f"{words}: {detail}" if words else detail


def path_of(pointer: str) -> tuple[str | int, ...]:
    """The parts of a JSON pointer in a URI fragment (RFC 6901 §6)."""
    parts = pointer.removeprefix("#").split("/")[1:]
    return tuple(
        int(part) if part.isdecimal() else part.replace("~1", "/").replace("~0", "~") for part in parts
    )


def field_of(pointer: str) -> str:
    """A pointer as people write the place: `steps[0].content`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path_of(pointer))
    return text.removeprefix(".")
