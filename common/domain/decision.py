"""One row of the explanation: what a record or a timer did to one contact in one flow (architecture.md §3.7)."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from common.domain.conditions import Seen
from common.domain.instant import Instant
from common.domain.model import Model


class Verdict(StrEnum):
    """The outcome of one decision."""

    ENROLLED = "enrolled"
    REFUSED = "refused"
    MOVED = "moved"
    WAITING = "waiting"
    """Kept (an action, a success) for a participant that stays where it is."""
    FINISHED = "finished"
    DROPPED_OUT = "dropped_out"
    CANCELLED = "cancelled"
    REMOVED = "removed"
    MESSAGE = "message"
    """What became of a message."""


class Entry(Model):
    """One thing that happened inside a decision, in order. `did` is a word of `docs/glossary.md`."""

    at: Instant
    step: str
    did: str
    why: dict[str, Any] = Field(default_factory=dict)


class Decision(Model):
    """`record` is what it was decided on (`None`: a timer), `by` its type or `timer`, `reason` a closed word.
    `suggested_by`: the trigger, or who asked, where it was about coming in."""

    v: int = 1
    id: str
    contact: str
    flow: str
    run: int
    version: int
    participant: str | None = None
    at: Instant
    record: str | None = None
    by: str
    suggested_by: str | None = None
    verdict: Verdict
    reason: str | None = None
    seen: tuple[Seen, ...] = ()
    entries: tuple[Entry, ...] = ()
