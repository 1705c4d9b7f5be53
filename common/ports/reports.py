"""The truth as figures."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from common.domain.figures import CountedMessage, FlowDay, MessageDay, Tally
from common.messages.happened import Happened
from common.ports.road import Write


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing that happened, as reporting keeps it; `at` is business time."""

    id: str
    contact: str | None
    at: datetime
    partition: int
    fact: Happened


@dataclass(frozen=True, slots=True)
class FlowTallies:
    """Counts of one flow: in all, by day (days on which nothing was counted are missing), and its messages by
    (channel, content)."""

    total: Tally
    days: Mapping[date, Tally]
    messages: Mapping[tuple[str, str], Tally]


class Reports(Protocol):
    """What happened, and how often. Only reporting's partition owner writes, its own rows of counts."""

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Which of these facts are kept already."""
        ...

    async def messages(self, effects: Collection[str]) -> Mapping[str, CountedMessage]:
        """How these messages are counted, by effect; those never told of are missing."""
        ...

    def keep(self, rows: Iterable[FactRow]) -> Sequence[Write]: ...

    def add(self, partition: int, counts: Mapping[FlowDay | MessageDay, Tally]) -> Sequence[Write]:
        """Add these (less, where negative) to the partition's rows."""
        ...

    async def has(self, flow: str) -> bool:
        """Whether anything was ever counted for this flow."""
        ...

    async def flow(self, flow: str, run: int | None, first: date, last: date) -> FlowTallies:
        """All sums as of one moment, over all runs if `run` is `None`; days from `first` to `last`, both
        included."""
        ...

    async def flows(self, after: str | None, limit: int) -> Sequence[str]:
        """Ids of flows for which anything was counted, in order, behind `after`."""
        ...

    async def totals(self, flows: Sequence[str]) -> Mapping[str, Tally]:
        """Sums over all runs and days, for those of these flows that have any."""
        ...
