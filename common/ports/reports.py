"""The truth as figures, and as tables for analysts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.chart import Place
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import Grain, Moment, Row, Tally
from common.messages.happened import Happened, RevenueFollowed
from common.ports.road import Write


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing that happened, as reporting keeps it; `at` is business time."""

    id: str
    contact: str | None
    at: datetime
    moment: Moment
    partition: int
    fact: Happened


@dataclass(frozen=True, slots=True)
class Bought:
    """A buyer's first order or sale that is revenue; of several at one instant that of the lowest id."""

    id: str
    fact: RevenueFollowed
    at: datetime
    moment: Moment

    def before(self, other: "Bought") -> bool:
        return (self.at, self.id) < (other.at, other.id)


Counts = Mapping[tuple[Row, Moment], Tally]
Sums = Mapping[tuple[object, ...], Tally]
"""By the values asked for, in their order."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Sums over rows of a kind about these flows, over all runs if `run` is `None`. `by`: fields of the rows, or
    `start`, when their day (its midnight, in UTC) or hour begins. `first` and `last`: of `start`, both included.
    `counters`: those wanted; all if `None`."""

    kind: type[Row]
    flows: Collection[str]
    grain: Grain = Grain.ALL
    by: tuple[str, ...] = ()
    run: int | None = None
    first: datetime | None = None
    last: datetime | None = None
    counters: tuple[str, ...] | None = None


class Reports(Protocol):
    """What happened, and how often. Only reporting's partition owner writes, its own rows of counts."""

    async def known(self, facts: Mapping[str, Happened]) -> set[str]:
        """Which of these facts, by id, are kept already; messages are known by what became of them."""
        ...

    async def removed(self, participants: Collection[str]) -> set[str]:
        """Those of these passages that were removed by hand: nothing more is counted of them."""
        ...

    async def messages(self, effects: Collection[str]) -> Mapping[str, ReportedMessage]:
        """Those of these messages that were ever told of."""
        ...

    async def buyers(self, participants: Collection[str]) -> Mapping[str, Bought]:
        """Those of these participants who have bought, with what they bought first."""
        ...

    async def of_participants(self, participants: Collection[str]) -> Sequence[FactRow]:
        """All facts about these passages themselves."""
        ...

    def keep(self, rows: Iterable[FactRow]) -> Sequence[Write]: ...
    def drop(self, participants: Collection[str]) -> Sequence[Write]:
        """The facts about these passages themselves go."""
        ...

    def fared(self, messages: Iterable[tuple[ReportedMessage, Moment]], partition: int) -> Sequence[Write]:
        """How these messages fare now."""
        ...

    def add(self, partition: int, counts: Counts) -> Sequence[Write]:
        """Add these (less, where negative) to the partition's rows."""
        ...

    async def see(self, flow: str, version: int, places: Sequence[Place]) -> None:
        """Keep the steps of a frozen version, at once; they never change."""
        ...

    async def read(self, asks: Sequence[Ask]) -> Sequence[Sums]:
        """All as of one moment."""
        ...

    async def flows(self, after: str | None, limit: int) -> Sequence[str]:
        """Ids of flows for which anything was counted, in order, behind `after`."""
        ...
