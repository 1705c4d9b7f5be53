"""What an author may have overlooked, though it keeps no flow from running (domain.md §4)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from common.domain.chart import layout
from common.domain.flow import Flow
from common.domain.flow_problems import Problem
from common.domain.patterns.pattern import Pattern

NOTHING: Mapping[str, str] = {}
UNSENT = "nothing is sent by {channel} here: what this step plans stays planned until {setting} is set"


def warnings(flow: Flow, lacking: Mapping[str, str] = NOTHING) -> list[Problem]:
    """The flow's own first, then those of its steps from the first to the last. `lacking`: the channels by which
    this installation sends nothing, and which setting would change that."""
    places = list(layout(flow.steps))
    return [
        *_overlapping("triggers", flow.triggers),
        *_overlapping("success.criteria", flow.success.criteria),
        *(
            Problem(place.step.id, field, message, place.path)
            for place in places
            if place.step.waits
            for field, message in _overlaps("actions", place.step.listens_for())
        ),
        *(
            Problem(
                place.step.id, "kind", UNSENT.format(channel=channel, setting=lacking[channel]), place.path
            )
            for place in places
            if (channel := place.step.channel) in lacking
        ),
    ]


def _overlapping(field: str, patterns: Sequence[Pattern]) -> Iterator[Problem]:
    return (Problem(None, place, message) for place, message in _overlaps(field, patterns))


def _overlaps(field: str, patterns: Sequence[Pattern]) -> Iterator[tuple[str, str]]:
    for (i, one), (j, other) in combinations(enumerate(patterns), 2):
        if _covers(one, other):
            yield f"{field}[{j}]", f"whatever this takes, {field}[{i}] takes as well; one of them is enough"
        elif _covers(other, one):
            yield f"{field}[{i}]", f"whatever this takes, {field}[{j}] takes as well; one of them is enough"


def _covers(one: Pattern, other: Pattern) -> bool:
    """Whether every event that matches the other is sure to match this one."""
    if not (one.hears and other.hears) or one.event_type != other.event_type:
        return not (one.hears or other.hears) and one == other
    if one.discriminator not in (None, other.discriminator):
        return False
    return not any(one.asks) or one.asks == other.asks
