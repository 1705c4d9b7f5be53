"""What a decision about one participant comes to: values for whoever keeps and performs them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from common.domain.contact import Contact
from common.domain.decision import Entry, Verdict
from common.domain.effect import Effect
from common.domain.participant import Participant
from common.domain.reasons import Status


class Did(StrEnum):
    """What happened to a participant at a step, for the explanation."""

    HELD = "held"
    """Set aside until the flow is resumed."""
    WENT_ON = "went_on"
    WAITS = "waits"
    PLANNED_MESSAGE = "planned_message"
    PLANNED_CALL = "planned_call"
    """Something goes out that is no message to the contact."""
    REPORTED = "reported"
    """The provider told what became of a message."""
    CHANGED_CONTACT = "changed_contact"
    SUGGESTED = "suggested"
    """The contact was suggested to another flow."""
    SKIPPED = "skipped"
    """The message was left out, since a frequency cap leaves no room for it."""
    KEPT_ACTION = "kept_action"
    SUCCEEDED = "succeeded"
    FINISHED = "finished"
    DROPPED_OUT = "dropped_out"
    CANCELLED = "cancelled"


class Gate(StrEnum):
    """What somebody waits for who has not entered a step yet; kept as `for` where the wait is told."""

    START = "start"
    WINDOW = "window"
    CAP = "cap"


MOVES = frozenset(
    {
        Did.WENT_ON,
        Did.WAITS,
        Did.PLANNED_MESSAGE,
        Did.PLANNED_CALL,
        Did.CHANGED_CONTACT,
        Did.SUGGESTED,
        Did.SKIPPED,
    }
)

VERDICTS: dict[Status, Verdict] = {
    Status.FINISHED: Verdict.FINISHED,
    Status.FINISHED_WITH_SUCCESS: Verdict.FINISHED,
    Status.DROPPED_OUT: Verdict.DROPPED_OUT,
    Status.CANCELLED: Verdict.CANCELLED,
}
"""What became of those who are no longer active."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An event that a step raised by changing the contact, who carries the change already.

    `before` holds the old values of the `changed` fields; `depth` is how many flows deep it is. The same
    decision made twice gives the same `key`, so that the record's id can be derived from it.
    """

    type: str
    data: dict[str, Any]
    changed: tuple[str, ...]
    before: dict[str, Any]
    depth: int
    key: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """The contact is to be suggested to another flow; `depth` and `key` as of `Raised`."""

    flow: str
    depth: int
    key: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A step was left for the next. `visit` counts the arrivals until then, `entered_at` is the last of them."""

    step: str
    next_step: str
    entered_at: datetime
    visit: int


@dataclass(frozen=True, slots=True)
class Told:
    """A participant after a decision, and what to tell of it (no entries: nothing worth telling)."""

    participant: Participant
    entries: tuple[Entry, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The decision in one word (an enrolment is told by whoever admitted)."""
        moved = any(entry.did in MOVES for entry in self.entries)
        return VERDICTS.get(self.participant.status, Verdict.MOVED if moved else Verdict.WAITING)

    def tell(self, at: datetime, did: Did, why: dict[str, Any] | None = None) -> Self:
        """One more entry, at the step where the participant stands."""
        entry = Entry(at=at, step=self.participant.step, did=did, why=why or {})
        return replace(self, entries=(*self.entries, entry))

    def but(self, **changes: Any) -> Self:
        """With these fields of the participant replaced."""
        return replace(self, participant=self.participant.but(**changes))

    def left(self, status: Status, at: datetime, **changes: Any) -> Self:
        """No longer active; nothing is waited for."""
        gone = {"until": None, "due": None, "held": False, "before": False, "holds": None}
        return self.but(status=status, left_at=at, **gone | changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Told):
    """A participant that may have moved, with the contact as its steps left it, and what they ask for.

    `contact` is the very value that was given when no step changed it.
    """

    contact: Contact
    effects: tuple[Effect, ...] = ()
    raised: tuple[Raised, ...] = ()
    suggested: tuple[Suggested, ...] = ()
    passed: tuple[Passed, ...] = ()
    turns: tuple[str, ...] = ()
    """Of which steps a turn was taken, by `staff.turn_key`."""

    def pass_to(self, step: str) -> Self:
        """On the way from where the participant stands to this step."""
        here = self.participant
        return replace(self, passed=(*self.passed, Passed(here.step, step, here.since, here.visits)))

    @property
    def next_key(self) -> str:
        """Names what is raised or suggested next, once for each visit to a step."""
        number = len(self.raised) + len(self.suggested)
        return f"{self.participant.id}:{self.participant.visits}:{number}"
