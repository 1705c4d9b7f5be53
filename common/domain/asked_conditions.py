"""All conditions of a flow, each with its place: whatever they name has to be looked up somewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from common.domain.chart import layout
from common.domain.conditions import Criteria
from common.domain.flow import Flow
from common.domain.patterns.pattern import Pattern


@dataclass(frozen=True, slots=True)
class Spot:
    """`step` is `None` for the flow itself; `place` says in words where the step stands."""

    step: str | None
    field: str
    place: str = ""


def listened_for(flow: Flow) -> Iterator[tuple[Spot, Pattern]]:
    """Triggers, success criteria and actions, each at the field that holds it. A step that listens for what it names
    itself has it at no field of its own."""
    for field, patterns in (("triggers", flow.triggers), ("success.criteria", flow.success.criteria)):
        for number, pattern in enumerate(patterns):
            yield Spot(None, f"{field}[{number}]."), pattern
    for place in layout(flow.steps):
        for number, pattern in enumerate(place.step.listens_for()):
            field = f"actions[{number}]." if place.step.waits else ""
            yield Spot(place.step.id, field, place.path), pattern


def asked(flow: Flow) -> Iterator[tuple[Spot, Criteria]]:
    """The flow's own first, then those of its steps from the first to the last."""
    for spot, pattern in listened_for(flow):
        if spot.field:
            yield Spot(spot.step, f"{spot.field}conditions", spot.place), pattern.conditions
    yield Spot(None, "filter"), flow.filter
    for place in layout(flow.steps):
        for field, criteria in place.step.conditions():
            yield Spot(place.step.id, field, place.path), criteria
