"""Frequency caps across flows: how many marketing messages a contact gets in a period (domain.md §3 and beyond)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from common.domain.contact import MOST_RECENT, SentMessage
from common.domain.instant import Instant
from common.domain.model import Model, Slug


class Then(StrEnum):
    """What becomes of a message for which there is no room."""

    WAIT = "wait"
    SKIP = "skip"


class Cap(Model):
    """At most so many messages within any so many `days` (of 24 hours each).

    With a `subscription_type` only messages of that type are counted and bound, without one all marketing messages.
    """

    subscription_type: Slug | None = None
    most: Annotated[int, Field(ge=1, le=MOST_RECENT)]
    days: Annotated[int, Field(ge=1, le=366)]
    then: Then = Then.WAIT

    @property
    def period(self) -> timedelta:
        return timedelta(days=self.days)

    def counts(self, subscription_type: str | None) -> bool:
        return self.subscription_type in (None, subscription_type)


class Caps(Model):
    """All caps of an installation; every one of them binds."""

    caps: list[Cap] = Field(default_factory=list, max_length=50)


class StoredCaps(Caps):
    """`revision` is the ETag, 0 as long as nobody has set any."""

    v: int = 1
    revision: int = 0
    updated_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """There is no room for a message before `until`; `sent` messages are in the way of `cap`."""

    cap: Cap
    sent: int
    until: datetime

    @property
    def why(self) -> dict[str, Any]:
        return {"cap": self.cap.model_dump(mode="json"), "sent": self.sent}


def reached(
    caps: Iterable[Cap], recent: Sequence[SentMessage], subscription_type: str | None, now: datetime
) -> Reached | None:
    """The cap that leaves no room for a message of this type now: one that skips, else the one that waits longest."""
    full = [found for cap in caps if cap.counts(subscription_type) and (found := _full(cap, recent, now))]
    return max(full, key=lambda found: (found.cap.then is Then.SKIP, found.until), default=None)


def noted(
    caps: Sequence[Cap], recent: Sequence[SentMessage], message: SentMessage, now: datetime
) -> list[SentMessage]:
    """The recent messages with one more, without those that no cap can ask for any more."""
    longest = max((cap.period for cap in caps), default=timedelta(0))
    kept = [sent for sent in (*recent, message) if sent.at > now - longest]
    of_type: dict[str | None, list[SentMessage]] = {}
    for sent in sorted(kept, key=lambda sent: sent.at):
        of_type.setdefault(sent.subscription_type, []).append(sent)
    newest = [sent for row in of_type.values() for sent in row[-MOST_RECENT:]]
    return sorted(newest, key=lambda sent: sent.at)


def _full(cap: Cap, recent: Sequence[SentMessage], now: datetime) -> Reached | None:
    """What was sent exactly a period ago does not count any more."""
    within = sorted(
        sent.at for sent in recent if cap.counts(sent.subscription_type) and sent.at > now - cap.period
    )
    if len(within) < cap.most:
        return None
    return Reached(cap, len(within), within[-cap.most] + cap.period)
