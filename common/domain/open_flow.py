"""A running or paused flow with its patterns compiled."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from common.domain.chart import Chart, layout
from common.domain.conditions import Verdict, compile_criteria
from common.domain.conditions import fields as fields_of
from common.domain.facts import Facts
from common.domain.flow import Flow, FlowVersion
from common.domain.patterns.pattern import Pattern
from common.domain.reasons import FlowState

SELECTIONS = "contact.selections"
"""The fact that exclusion lists are asked of."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One pattern of one flow. `index` is its place among the flow's patterns of the same use; `holds` is
    its conditions compiled, and expects that event type and discriminating value fit already."""

    flow: "OpenFlow"
    index: int
    pattern: Pattern
    holds: Callable[[Facts], bool]

    def verdict(self, facts: Facts) -> Verdict:
        """The lines and values that decided it; to be asked of what holds."""
        return self.pattern.match(facts, self.flow.document.timezone)


@dataclass(frozen=True)
class OpenFlow:
    """A flow that takes participants, at one frozen version. What is derived is worked out once."""

    id: str
    state: FlowState
    run: int
    version: FlowVersion

    @property
    def document(self) -> Flow:
        return self.version.document

    @cached_property
    def chart(self) -> Chart:
        return Chart(self.version)

    @cached_property
    def triggers(self) -> tuple[Listener, ...]:
        return self._listeners(self.document.triggers)

    @cached_property
    def criteria(self) -> tuple[Listener, ...]:
        return self._listeners(self.document.success.criteria)

    def criteria_for(self, event_type: str) -> tuple[Listener, ...]:
        """The criteria that events of this type may meet."""
        return tuple(c for c in self.criteria if c.pattern.hears and c.pattern.event_type == event_type)

    @cached_property
    def states(self) -> tuple[Listener, ...]:
        """The criteria that a contact may meet by what it is; indexed as among all criteria."""
        return tuple(listener for listener in self.criteria if listener.pattern.on_state)

    @cached_property
    def actions(self) -> tuple[Listener, ...]:
        """What the flow's waits listen for, wherever they stand; once for each slot."""
        places = layout(self.document.steps)
        by_slot = {action.slot: action for place in places for action in place.step.waits_for()}
        return self._listeners(by_slot.values())

    @cached_property
    def fields(self) -> frozenset[str]:
        """The facts that filter, exclusion lists and criteria on state ask of a suggestion for this flow."""
        named = set(fields_of(self.document.filter))
        for listener in self.states:
            named.update(listener.pattern.fields())
        if self.document.exclusion_lists:
            named.add(SELECTIONS)
        return frozenset(named)

    def _listeners(self, patterns: Iterable[Pattern]) -> tuple[Listener, ...]:
        zone = self.document.timezone
        return tuple(
            Listener(self, index, pattern, compile_criteria(pattern.asks, zone))
            for index, pattern in enumerate(patterns)
        )
