"""All open flows as one value: what an event means to them, and which facts they need to decide."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import chain
from operator import or_

from common.domain.conditions import Verdict
from common.domain.facts import Facts
from common.domain.listener_index import ANY, Candidates, Group, ListenerIndex
from common.domain.open_flow import Listener, OpenFlow
from common.domain.staff import Named

__all__ = ["ANY", "Candidates", "FlowBook", "Group", "Match", "OpenFlow"]


@dataclass(frozen=True, slots=True)
class Match:
    """A trigger of a flow that matched. `index` is its place among the flow's triggers."""

    flow: OpenFlow
    index: int
    verdict: Verdict


class FlowBook:
    """The running and paused flows at one epoch. Immutable; several services and partitions may share one."""

    def __init__(self, epoch: int, flows: Iterable[OpenFlow]) -> None:
        self.epoch = epoch
        self._flows = {flow.id: flow for flow in flows}
        self._triggers = ListenerIndex(chain.from_iterable(flow.triggers for flow in self))
        self._criteria = ListenerIndex(chain.from_iterable(flow.criteria for flow in self))
        self._actions = ListenerIndex(chain.from_iterable(flow.actions for flow in self))
        self._indexes = (self._triggers, self._criteria, self._actions)
        self._fields = self._fields_by_type()
        self.staff = reduce(or_, (flow.staff for flow in self), Named())

    def __iter__(self) -> Iterator[OpenFlow]:
        return iter(self._flows.values())

    def __len__(self) -> int:
        return len(self._flows)

    def get(self, flow_id: str) -> OpenFlow | None:
        """The flow, `None` when it is not open."""
        return self._flows.get(flow_id)

    def hears(self, event_type: str) -> bool:
        """Whether any flow listens for events of this type."""
        return event_type in self._fields

    def fields(self, event_type: str) -> frozenset[str]:
        """Every fact that deciding on an event of this type may take, on the whole road."""
        return self._fields.get(event_type, frozenset())

    def fields_of(self, flow_id: str) -> frozenset[str]:
        """Every fact that deciding on a suggestion for this flow by hand may take."""
        flow = self.get(flow_id)
        return flow.fields if flow else frozenset()

    def groups(self) -> Iterator[tuple[Group, list[Listener]]]:
        """All that flows listen for, by the events."""
        return chain.from_iterable(index.groups() for index in self._indexes)

    def groups_of(self, event_type: str, facts: Facts) -> list[Group]:
        """Those of these groups that this event is for."""
        return [group for index in self._indexes for group in index.groups_of(event_type, facts)]

    def triggers(self, event_type: str, facts: Facts, now: datetime, known: Candidates = ANY) -> list[Match]:
        """The flows that the event suggests the contact to, each with its first trigger that matched.

        `known`: what a matcher found for the event already.
        """
        first: dict[str, Listener] = {}
        for listener in self._triggers.matching(event_type, facts, now, known):
            first.setdefault(listener.flow.id, listener)
        return [Match(found.flow, found.index, found.verdict(facts, now)) for found in first.values()]

    def concerned(self, event_type: str, facts: Facts, known: Candidates = ANY) -> list[OpenFlow]:
        """The flows whose success criteria the event may meet: told by type and discriminating value, and by what
        a matcher found. Their conditions are the success service's to ask."""
        candidates = self._criteria.candidates(event_type, facts, known)
        return list({listener.flow.id: listener.flow for listener in candidates}.values())

    def actions(
        self, event_type: str, facts: Facts, now: datetime, known: Candidates = ANY
    ) -> list[tuple[OpenFlow, str]]:
        """The flows whose waits listen for this, with the slot under which the action is kept."""
        found = self._actions.matching(event_type, facts, now, known)
        return [(listener.flow, listener.pattern.slot) for listener in found]

    def _fields_by_type(self) -> dict[str, frozenset[str]]:
        named: dict[str, set[str]] = {}
        for flow in self:
            for listener in chain(flow.triggers, flow.criteria, flow.actions):
                if listener.pattern.hears:
                    named.setdefault(listener.pattern.event_type, set()).update(listener.pattern.fields())
            for trigger in flow.triggers:
                if trigger.pattern.hears:
                    named[trigger.pattern.event_type] |= flow.fields
        return {event_type: frozenset(fields) for event_type, fields in named.items()}
