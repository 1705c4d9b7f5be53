"""Conditions as groups of lines: the lines of a group joined by AND, the groups by OR (domain.md §8)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

import common.domain.conditions as package
from common.domain.conditions.line import Line, Test, lines
from common.domain.conditions.seen import Seen, Verdict
from common.domain.kinds import import_all

import_all(package)

if TYPE_CHECKING:
    AnyLine = Line
else:
    AnyLine = lines.union()

MAX_LINES = 100
MAX_GROUPS = 50

_KEYS = frozenset(Line.model_fields)


def _is_blank(line: Any) -> bool:
    """A line whose author has named neither field nor value yet; anything it does not know is not blank."""
    return (
        isinstance(line, Mapping)
        and _KEYS.issuperset(line)
        and line.get("field") in (None, "")
        and line.get("value") in (None, "", [])
    )


def _to_groups(given: Any) -> Any:
    """Groups of lines from what an author may write: nothing, a flat list of lines, or groups.

    Blank lines are inactive, and so is a group of nothing else; they are left out.
    """
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        return given
    are_lines = [isinstance(item, Mapping | Line) for item in given]
    if any(are_lines) and not all(are_lines):
        raise ValueError("write either one list of lines, or a list of groups, each a list of lines")
    groups = [given] if any(are_lines) else given
    return tuple(group for group in map(_without_blanks, groups) if group != ())


def _without_blanks(group: Any) -> Any:
    if not isinstance(group, list | tuple):
        return group
    return tuple(line for line in group if not _is_blank(line))


Group = Annotated[tuple[AnyLine, ...], Field(max_length=MAX_LINES)]
Criteria = Annotated[tuple[Group, ...], BeforeValidator(_to_groups), Field(max_length=MAX_GROUPS)]
"""Groups of lines. None at all is no condition, and holds for everyone."""


def fields(criteria: Criteria) -> frozenset[str]:
    """The facts that the conditions name."""
    return frozenset(line.field for group in criteria for line in group)


def holds(criteria: Criteria, facts: Mapping[str, Any], zone: str = "UTC") -> bool:
    """What conditions mean: any group all of whose lines hold. Dates without a time are days of `zone`."""
    place = ZoneInfo(zone)
    active = [group for group in criteria if group]
    return not active or any(
        all(line.holds(facts.get(line.field), place) for line in group) for group in active
    )


def judge(criteria: Criteria, facts: Mapping[str, Any], zone: str = "UTC") -> Verdict:
    """Whether they hold, with the lines of the first group that does, or the first failing line of each."""
    place = ZoneInfo(zone)
    failing: list[Seen] = []
    for group in criteria:
        seen = _look(group, facts, place)
        if seen and seen[-1].holds:
            return Verdict(holds=True, seen=tuple(seen))
        failing += seen[-1:]
    return Verdict(holds=not failing, seen=tuple(failing))


def _look(group: Group, facts: Mapping[str, Any], zone: ZoneInfo) -> list[Seen]:
    """The lines of a group up to the first that fails."""
    seen: list[Seen] = []
    for line in group:
        value = facts.get(line.field)
        seen.append(Seen.of(line, value, line.holds(value, zone)))
        if not seen[-1].holds:
            break
    return seen


def compile_criteria(criteria: Criteria, zone: str = "UTC") -> Callable[[Mapping[str, Any]], bool]:
    """The same as `holds`, as a closure with expected values folded and days worked out beforehand."""
    place = ZoneInfo(zone)
    groups = [[(line.field, line.test(place)) for line in group] for group in criteria if group]
    if not groups:
        return lambda facts: True
    if len(groups) == 1:
        return _all_of(groups[0])
    tests = [_all_of(group) for group in groups]
    return lambda facts: any(test(facts) for test in tests)


def _all_of(group: list[tuple[str, Test]]) -> Callable[[Mapping[str, Any]], bool]:
    def test(facts: Mapping[str, Any]) -> bool:
        for field, line in group:  # noqa: SIM110 - a generator here costs more than the lines themselves
            if not line(facts.get(field)):
                return False
        return True

    return test
