"""Conditions as groups of lines: the lines of a group joined by AND, the groups by OR (domain.md §8)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, WrapValidator

import common.domain.conditions as package
from common.domain.conditions.line import Line, Test, lines
from common.domain.conditions.reading import read_groups
from common.domain.conditions.seen import Seen, Verdict
from common.domain.kinds import import_all

import_all(package)

if TYPE_CHECKING:
    AnyLine = Line
else:
    AnyLine = lines.union()

MAX_LINES = 100
MAX_GROUPS = 50

Group = Annotated[tuple[AnyLine, ...], Field(max_length=MAX_LINES)]
Groups = Annotated[tuple[Group, ...], Field(max_length=MAX_GROUPS)]
if TYPE_CHECKING:
    Criteria = tuple[tuple[Line, ...], ...]
else:
    Criteria = Annotated[Groups, WrapValidator(read_groups, json_schema_input_type=Groups | Group | None)]
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
