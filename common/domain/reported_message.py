"""A message as reports know it: what became of it, whatever the order in which that is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from common.domain.effect import EffectState
from common.domain.rollups import BOUNCED, CLICKED, COMPLAINED, DELIVERED, OPENED


@dataclass(frozen=True, slots=True)
class AboutMessage:
    flow: str
    run: int
    version: int
    contact: str
    participant: str
    step: str
    channel: str
    content: str


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    """Times are business time, the earliest told of each; `None`: never told."""

    id: str
    about: AboutMessage
    state: EffectState | None = None
    settled_at: datetime | None = None
    reason: str | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    complained_at: datetime | None = None

    def settled(self, state: EffectState, at: datetime, reason: str | None) -> Self:
        """A doubt gives way to an end, and an end stands whatever is told later."""
        doubted = self.state is EffectState.IN_DOUBT and state is not EffectState.IN_DOUBT
        return replace(self, state=state, settled_at=at, reason=reason) if doubted or not self.state else self

    def opened(self, at: datetime) -> Self:
        return replace(self, opened_at=earliest(self.opened_at, at))

    def clicked(self, at: datetime) -> Self:
        """Who clicks has read it."""
        return replace(self.opened(at), clicked_at=earliest(self.clicked_at, at))

    def delivered(self, at: datetime) -> Self:
        return replace(self, delivered_at=earliest(self.delivered_at, at))

    def bounced(self, at: datetime) -> Self:
        return replace(self, bounced_at=earliest(self.bounced_at, at))

    def complained(self, at: datetime) -> Self:
        return replace(self, complained_at=earliest(self.complained_at, at))

    def counted(self) -> dict[str, datetime]:
        """The counters in which it is one, each with the time at which it counts."""
        told = {
            OPENED: self.opened_at,
            CLICKED: self.clicked_at,
            DELIVERED: self.delivered_at,
            BOUNCED: self.bounced_at,
            COMPLAINED: self.complained_at,
        }
        if self.state is not None:
            told[self.state.value] = self.settled_at
        return {counter: at for counter, at in told.items() if at is not None}

    @property
    def at(self) -> datetime:
        """When it came to its state, or else when it was first heard of."""
        return self.settled_at or min(self.counted().values())


def earliest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)
