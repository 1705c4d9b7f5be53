"""Conditions as their authors write them: a flat list of lines, or groups, with blank lines in between."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import InitErrorDetails

from common.domain.conditions.line import Line

_Place = tuple[int, ...]  # where in what its author wrote
_KEYS = frozenset(Line.model_fields)


def read_groups(given: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Groups of lines from what an author may write: nothing, a flat list of lines, or groups.

    Blank lines are inactive, and so is a group of nothing else; they are left out. What is wrong is told by
    the place where its author wrote it.
    """
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        return validate(given)
    placed = list(_groups(given))
    try:
        return validate(tuple(tuple(line for _, line in group) for group in placed))
    except ValidationError as error:
        raise _as_written(error, [[place for place, _ in group] for group in placed]) from None


def _groups(given: Sequence[Any]) -> Iterator[list[tuple[_Place, Any]]]:
    """The lines of each group that has any, with the places where they were written."""
    are_lines = [isinstance(item, Mapping | Line) for item in given]
    if any(are_lines) and not all(are_lines):
        raise ValueError("write either one list of lines, or a list of groups, each a list of lines")
    if any(are_lines):
        groups = [_placed(given, ())]
    elif not all(isinstance(group, list | tuple) for group in given):
        raise ValueError("write a list of lines, each with field, type, op and value")
    else:
        groups = [_placed(group, (number,)) for number, group in enumerate(given)]
    for group in groups:
        active = [(place, line) for place, line in group if not _is_blank(line)]
        if active:
            yield active


def _placed(lines: Sequence[Any], above: _Place) -> list[tuple[_Place, Any]]:
    return [((*above, number), line) for number, line in enumerate(lines)]


def _as_written(error: ValidationError, places: list[list[_Place]]) -> ValidationError:
    """The same complaints, at the author's places."""
    lines = [
        InitErrorDetails(
            type=told["type"],
            loc=_relocated(told["loc"], places),
            input=told["input"],
            ctx=told.get("ctx", {}),
        )
        for told in error.errors(include_url=False)
    ]
    return ValidationError.from_exception_data(error.title, lines)


def _relocated(loc: tuple[int | str, ...], places: list[list[_Place]]) -> tuple[int | str, ...]:
    match loc:
        case (int(group), int(line), *rest):
            return (*places[group][line], *rest)
        case (int(group), *rest):
            return (*places[group][0][:-1], *rest)
        case _:
            return loc


def _is_blank(line: Any) -> bool:
    """A line whose author has named neither field nor value yet; anything it does not know is not blank."""
    return (
        isinstance(line, Mapping)
        and _KEYS.issuperset(line)
        and line.get("field") in (None, "")
        and line.get("value") in (None, "", [])
    )
