"""Conditions as groups of lines: the lines of a group joined by AND, the groups by OR (domain.md §8)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, SerializeAsAny, WrapValidator

import common.domain.conditions as package
from common.domain.conditions.asker import ANYONE, Asker
from common.domain.conditions.clause import ALWAYS, Clause, Either, Every
from common.domain.conditions.line import Line, Test, lines
from common.domain.conditions.reading import read_groups
from common.domain.conditions.seen import Seen, Verdict
from common.domain.conditions.unfinished import read_line
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
DraftGroup = Annotated[
    tuple[Annotated[SerializeAsAny[AnyLine], WrapValidator(read_line)], ...], Field(max_length=MAX_LINES)
]
if TYPE_CHECKING:
    Criteria = tuple[tuple[Line, ...], ...]
    DraftCriteria = tuple[tuple[Line, ...], ...]
else:
    Criteria = Annotated[Groups, WrapValidator(read_groups, json_schema_input_type=Groups | Group | None)]
    DraftCriteria = Annotated[
        tuple[DraftGroup, ...],
        Field(max_length=MAX_GROUPS),
        WrapValidator(read_groups, json_schema_input_type=Groups | Group | None),
    ]
"""Groups of lines. None at all is no condition, and holds for everyone. Those of drafts may be
`lacking` something."""

Compiled = Callable[[Mapping[str, Any], datetime], bool]
"""Conditions compiled: whether they hold for these facts, at a point in time."""

_Look = Callable[[Mapping[str, Any]], Any]


def lacking(criteria: Criteria) -> Iterator[tuple[str, str]]:
    """What has still to be chosen in them: (the place, such as `[0][1].value`, what to do)."""
    for above, group in enumerate(criteria):
        for number, line in enumerate(group):
            if line.lacks:
                name, what = line.lacks
                yield f"[{above}][{number}].{name}", what


def fields(criteria: Criteria) -> frozenset[str]:
    """The facts that the conditions look at."""
    return frozenset(fact for group in criteria for line in group for fact in line.facts)


def holds(criteria: Criteria, facts: Mapping[str, Any], now: datetime, asker: Asker = ANYONE) -> bool:
    """What conditions mean: any group all of whose lines hold."""
    active = [group for group in criteria if group]
    return not active or any(
        all(line.holds(line.look(facts), now, asker) for line in group) for group in active
    )


def judge(criteria: Criteria, facts: Mapping[str, Any], now: datetime, asker: Asker = ANYONE) -> Verdict:
    """Whether they hold, with the lines of the first group that does, or the first failing line of each."""
    failing: list[Seen] = []
    for group in criteria:
        seen = _look(group, facts, now, asker)
        if seen and seen[-1].holds:
            return Verdict(holds=True, seen=tuple(seen))
        failing += seen[-1:]
    return Verdict(holds=not failing, seen=tuple(failing))


def _look(group: Group, facts: Mapping[str, Any], now: datetime, asker: Asker) -> list[Seen]:
    """The lines of a group up to the first that fails."""
    seen: list[Seen] = []
    for line in group:
        value = line.look(facts)
        seen.append(Seen.of(line, value, line.holds(value, now, asker)))
        if not seen[-1].holds:
            break
    return seen


def compile_criteria(criteria: Criteria, asker: Asker = ANYONE) -> Compiled:
    """The same as `holds`, as a closure with expected values folded and days worked out beforehand."""
    groups = [[(line.look, line.test(asker)) for line in group] for group in criteria if group]
    if not groups:
        return lambda facts, now: True
    if len(groups) == 1:
        return _all_of(groups[0])
    tests = [_all_of(group) for group in groups]
    return lambda facts, now: any(test(facts, now) for test in tests)


def _all_of(group: Sequence[tuple[_Look, Test]]) -> Compiled:
    def test(facts: Mapping[str, Any], now: datetime) -> bool:
        for look, line in group:  # noqa: SIM110 - a generator here costs more than the lines themselves
            if not line(look(facts), now):
                return False
        return True

    return test


def clause(criteria: Criteria, asker: Asker = ANYONE, now: datetime | None = None) -> Clause:
    """The same in clauses, for stores and rules engines (see `Line.clause`)."""
    groups = [Every(tuple(line.clause(asker, now) for line in group)) for group in criteria if group]
    return Either(tuple(groups)) if groups else ALWAYS
