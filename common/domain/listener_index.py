"""Finds, among the patterns of all open flows, those that an event may match."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from common.domain.facts import Facts
from common.domain.open_flow import Listener, Use


class Group(NamedTuple):
    """Listeners of one use for the same events: of this type and, unless `fact` is `None`, this value."""

    use: Use
    event_type: str
    fact: str | None = None
    value: str | None = None


Candidates = Mapping[Group, Collection[str]]
"""Of some groups, the keys of those listeners that one event may match. Of other groups, any may match."""

ANY: Candidates = {}
"""Nothing is known: every listener is asked."""

_Entry = tuple[int, Listener]  # the rank in which it was given, and the listener


@dataclass(slots=True)
class _Ear:
    """The listeners for one event type, told apart by the discriminating facts."""

    groups: dict[Group, dict[str, _Entry]] = field(default_factory=dict)
    plain: list[Group] = field(default_factory=list)
    by_fact: dict[str, dict[str, list[Group]]] = field(default_factory=dict)

    def add(self, entry: _Entry) -> None:
        group = group_of(entry[1])
        if group not in self.groups:
            self.groups[group] = {}
            self._place(group)
        self.groups[group][entry[1].key] = entry

    def _place(self, group: Group) -> None:
        if group.fact is None or group.value is None:
            self.plain.append(group)
        else:
            self.by_fact.setdefault(group.fact, {}).setdefault(group.value, []).append(group)

    def groups_of(self, facts: Facts) -> list[Group]:
        found = list(self.plain)
        for fact, by_value in self.by_fact.items():
            value = facts.get(fact)
            if isinstance(value, str):
                found += by_value.get(value, ())
        return found

    def candidates(self, facts: Facts, known: Candidates = ANY) -> list[_Entry]:
        """In the order in which they were given."""
        found: list[_Entry] = []
        for group in self.groups_of(facts):
            entries = self.groups[group]
            keys = known.get(group)
            found += entries.values() if keys is None else [entries[key] for key in keys if key in entries]
        return sorted(found, key=_rank)


class ListenerIndex:
    """Listeners by event type, then by discriminating value: what none of them names costs a look-up or two,
    however many flows there are."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._ears: dict[str, _Ear] = {}
        for rank, listener in enumerate(listeners):
            if listener.pattern.hears:
                self._ears.setdefault(listener.pattern.event_type, _Ear()).add((rank, listener))

    def groups(self) -> Iterator[tuple[Group, list[Listener]]]:
        """Every group with its listeners."""
        for ear in self._ears.values():
            for group, entries in ear.groups.items():
                yield group, [listener for _, listener in entries.values()]

    def groups_of(self, event_type: str, facts: Facts) -> list[Group]:
        """The groups whose listeners might match."""
        ear = self._ears.get(event_type)
        return ear.groups_of(facts) if ear else []

    def candidates(self, event_type: str, facts: Facts, known: Candidates = ANY) -> list[Listener]:
        """The listeners that might match, in the order in which they were given."""
        ear = self._ears.get(event_type)
        return [listener for _, listener in ear.candidates(facts, known)] if ear else []

    def matching(
        self, event_type: str, facts: Facts, now: datetime, known: Candidates = ANY
    ) -> Iterator[Listener]:
        """The listeners whose conditions hold, in the order in which they were given."""
        candidates = self.candidates(event_type, facts, known)
        return (listener for listener in candidates if listener.holds(facts, now))


def group_of(listener: Listener) -> Group:
    """By event type, and by discriminating value where the pattern has one."""
    discriminator = listener.pattern.discriminator
    if discriminator is None:
        return Group(listener.use, listener.pattern.event_type)
    return Group(listener.use, listener.pattern.event_type, *discriminator)


def _rank(entry: _Entry) -> int:
    return entry[0]
