"""A running or paused flow with its patterns compiled."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, reduce
from operator import or_
from zoneinfo import ZoneInfo

from common.domain.chart import Chart, layout
from common.domain.conditions import Asker, Compiled, Criteria, Verdict, clause, compile_criteria, judge
from common.domain.conditions import fields as fields_of
from common.domain.conditions.clause import Clause
from common.domain.facts import Facts
from common.domain.flow import Flow, FlowVersion
from common.domain.patterns.pattern import Pattern
from common.domain.reasons import FlowState
from common.domain.staff import Named, turn_key

NEVER = datetime.fromtimestamp(0, UTC)
SELECTIONS = "contact.selections"
"""The fact that exclusion lists are asked of."""


class Use(StrEnum):
    """What a flow listens for a pattern for."""

    TRIGGER = "trigger"
    CRITERION = "criterion"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Listener:
    """One pattern of one flow. `index` is its place among the flow's patterns of the same use; `holds` is
    its conditions compiled, and expects that event type and discriminating value fit already."""

    flow: "OpenFlow"
    use: Use
    index: int
    pattern: Pattern
    holds: Compiled

    @property
    def key(self) -> str:
        """Names these very conditions, whatever becomes of the flow: versions are immutable."""
        return f"{self.use}:{self.flow.id}:{self.flow.version.version}:{self.index}"

    @property
    def clause(self) -> Clause:
        """Its conditions in clauses, at whatever time they are asked."""
        return clause(self.pattern.asks, self.flow.asker)

    def verdict(self, facts: Facts, now: datetime) -> Verdict:
        """The lines and values that decided it."""
        return self.pattern.match(facts, now, self.flow.asker)


@dataclass(frozen=True, slots=True)
class State:
    """What a contact is that meets a success criterion of a flow. `index` is that criterion's place among all."""

    index: int
    asks: Criteria
    asker: Asker

    def verdict(self, facts: Facts, now: datetime) -> Verdict:
        """The lines and values that decided it."""
        return judge(self.asks, facts, now, self.asker)


@dataclass(frozen=True)
class OpenFlow:
    """A flow that takes participants, at one frozen version. What is derived is worked out once.

    `unreadable`: why its version can't be read; the flow stands still in its place, `standing_still`.
    """

    id: str
    state: FlowState
    run: int
    version: FlowVersion
    unreadable: str | None = None

    @property
    def document(self) -> Flow:
        return self.version.document

    @cached_property
    def asker(self) -> Asker:
        return self.document.asker

    @cached_property
    def chart(self) -> Chart:
        return Chart(self.version)

    @cached_property
    def triggers(self) -> tuple[Listener, ...]:
        return self._listeners(Use.TRIGGER, self.document.triggers)

    @cached_property
    def criteria(self) -> tuple[Listener, ...]:
        return self._listeners(Use.CRITERION, self.document.success.criteria)

    def criteria_for(self, event_type: str) -> tuple[Listener, ...]:
        """The criteria that events of this type may meet."""
        return tuple(c for c in self.criteria if c.pattern.hears and c.pattern.event_type == event_type)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The criteria that a contact may meet by what it is."""
        return tuple(
            State(index, asked, self.asker)
            for index, criterion in enumerate(self.document.success.criteria)
            if (asked := criterion.state) is not None
        )

    @cached_property
    def actions(self) -> tuple[Listener, ...]:
        """What the flow's waits and splits ask for, wherever they stand; once for each slot."""
        places = layout(self.document.steps)
        by_slot = {action.slot: action for place in places for action in place.step.listens_for()}
        return self._listeners(Use.ACTION, by_slot.values())

    @cached_property
    def fields(self) -> frozenset[str]:
        """The facts that filter, exclusion lists and criteria on state ask of a suggestion for this flow."""
        named = set(fields_of(self.document.filter))
        for state in self.states:
            named.update(fields_of(state.asks))
        if self.document.exclusion_lists:
            named.add(SELECTIONS)
        return frozenset(named)

    @cached_property
    def staff(self) -> Named:
        """The users among whom its steps choose."""
        return reduce(or_, (place.step.staff() for place in self.chart.places.values()), Named())

    @cached_property
    def sharing(self) -> tuple[str, ...]:
        """The steps that choose among users, by their `turn_key`."""
        return tuple(
            turn_key(self.id, step) for step, place in self.chart.places.items() if place.step.staff()
        )

    def opening(self, now: datetime) -> datetime:
        """The first instant, `now` or later, at which a message to a contact may go out."""
        email = self.document.email
        if email is None or email.window is None:
            return now
        return email.window.next_open(now, ZoneInfo(self.chart.zone))

    def compile(self) -> None:
        """Work out now what is derived. Raises what a version that can't be understood makes it raise."""
        _ = self.chart, self.triggers, self.criteria, self.actions, self.fields, self.staff

    def _listeners(self, use: Use, patterns: Iterable[Pattern]) -> tuple[Listener, ...]:
        return tuple(
            Listener(self, use, index, pattern, compile_criteria(pattern.asks, self.asker))
            for index, pattern in enumerate(patterns)
        )


def standing_still(flow: str, run: int, version: int, why: str) -> OpenFlow:
    """In place of a flow that can't be read: as if paused, hearing nothing. Nobody comes in, and who is inside is
    held."""
    empty = FlowVersion(flow=flow, version=version, document=Flow(name=flow), frozen_at=NEVER)
    return OpenFlow(flow, FlowState.PAUSED, run, empty, unreadable=why)
