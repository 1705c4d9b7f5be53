"""Finds, among the patterns of all open flows, those that an event may match."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from common.domain.facts import Facts
from common.domain.open_flow import Listener

_Entry = tuple[int, Listener]  # the rank in which it was given, and the listener


@dataclass(slots=True)
class _Ear:
    """The listeners for one event type, told apart by the discriminating facts."""

    plain: list[_Entry] = field(default_factory=list)
    by_fact: dict[str, dict[str, list[_Entry]]] = field(default_factory=dict)

    def add(self, entry: _Entry) -> None:
        discriminator = entry[1].pattern.discriminator
        if discriminator is None:
            self.plain.append(entry)
        else:
            fact, value = discriminator
            self.by_fact.setdefault(fact, {}).setdefault(value, []).append(entry)

    def candidates(self, facts: Facts) -> list[_Entry]:
        found = list(self.plain)
        for fact, by_value in self.by_fact.items():
            value = facts.get(fact)
            if isinstance(value, str):
                found += by_value.get(value, ())
        return found


class ListenerIndex:
    """Listeners by event type, then by discriminating value: what none of them names costs a look-up or two,
    however many flows there are."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._ears: dict[str, _Ear] = {}
        for rank, listener in enumerate(listeners):
            if listener.pattern.hears:
                self._ears.setdefault(listener.pattern.event_type, _Ear()).add((rank, listener))

    def hears(self, event_type: str, facts: Facts) -> bool:
        """Whether anything might match, by type and discriminating value alone."""
        ear = self._ears.get(event_type)
        return ear is not None and bool(ear.candidates(facts))

    def hearing(self, event_type: str, facts: Facts) -> list[Listener]:
        """The listeners that might match, by type and discriminating value alone."""
        ear = self._ears.get(event_type)
        return [listener for _, listener in sorted(ear.candidates(facts), key=_rank)] if ear else []

    def matching(self, event_type: str, facts: Facts) -> Iterator[Listener]:
        """The listeners whose conditions hold, in the order in which they were given."""
        ear = self._ears.get(event_type)
        if ear is not None:
            for _, listener in sorted(ear.candidates(facts), key=_rank):
                if listener.holds(facts):
                    yield listener


def _rank(entry: _Entry) -> int:
    return entry[0]
