"""Whether a participant has done something since it entered the flow, told for the explanation."""

from common.domain.conditions import Seen
from common.domain.patterns.pattern import Pattern
from common.domain.steps.branching import Asked
from common.domain.steps.step import Scene


def did(action: Pattern, name: str, scene: Scene) -> Asked:
    """By the slot in which the action is kept."""
    slot = scene.participant.slots.get(action.slot)
    at = slot.at.isoformat() if slot else None
    seen = Seen(field=action.event_type, op="happened", expected=name, value=at, holds=slot is not None)
    return Asked(slot is not None, (seen,))
