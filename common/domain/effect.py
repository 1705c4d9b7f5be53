"""The effect ledger's row and its state machine (architecture.md §3.4).

planned → claimed → sending → done | failed | withdrawn; an expired `sending` becomes in doubt. A claim that
expires goes back to planned: nothing has left. What was soft-refused goes back to planned for a later try.
"""

from enum import StrEnum
from typing import Any

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.permission import Permission


class EffectState(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    IN_DOUBT = "in_doubt"


OPEN_STATES = frozenset({EffectState.PLANNED, EffectState.CLAIMED, EffectState.SENDING})
"""Work still to be done."""

NEXT_STATES: dict[EffectState, frozenset[EffectState]] = {
    EffectState.PLANNED: frozenset({EffectState.CLAIMED, EffectState.WITHDRAWN}),
    EffectState.CLAIMED: frozenset({EffectState.PLANNED, EffectState.SENDING, EffectState.WITHDRAWN}),
    EffectState.SENDING: frozenset(
        {EffectState.DONE, EffectState.FAILED, EffectState.PLANNED, EffectState.IN_DOUBT}
    ),
    EffectState.IN_DOUBT: frozenset({EffectState.DONE, EffectState.FAILED, EffectState.PLANNED}),
    EffectState.DONE: frozenset(),
    EffectState.FAILED: frozenset(),
    EffectState.WITHDRAWN: frozenset(),
}
"""Which state may follow which. From in doubt to planned only when a person asks for a resend."""


def may_follow(before: EffectState, after: EffectState) -> bool:
    """Whether the ledger may take this step."""
    return after in NEXT_STATES[before]


class Effect(Model):
    """One message or call to the outside, planned in the transaction that moved its participant.

    `token` and `lease` (machine time) belong to who claimed it; `attempts` counts the times it went on the
    wire; `not_before` (machine time) puts off a retry; `planned_at` and `settled_at` are business time, and so is
    `opens_at`, when the sending window opens for which it waits: until then it is not claimed.
    `reason` is for people: the server's answer, or why it was withdrawn. `trace` is a W3C `traceparent`, where
    what planned it is traced. `ended_at` is machine time, `told_at` that of the other side's clock, where it tells.
    `recipient`: how it fares with the contact (a `RecipientStatus`), `opens` how often it was opened again.

    `enrolled_by`: the record that brought its participant into the flow.
    `permission`: what is asked of the contact when it is about to leave. `content`: empty where it has none.
    `repeatable`: the other side knows a repeat by its key, so no answer means that it is sent again, not a doubt.
    `cause` and `depth`: of the events that it leads to here, as of a record.
    """

    v: int = 1
    id: str
    partition: int
    channel: str
    flow: str
    run: int
    version: int
    participant: str
    contact: str
    step: str
    visit: int = 0
    permission: Permission = Permission.EMAIL
    repeatable: bool = False
    content: str = ""
    content_version: int = 0
    settings: dict[str, Any] = Field(default_factory=dict)
    state: EffectState = EffectState.PLANNED
    planned_at: Instant
    settled_at: Instant | None = None
    token: str | None = None
    lease: Instant | None = None
    not_before: Instant | None = None
    opens_at: Instant | None = None
    attempts: int = 0
    reason: str | None = None
    trace: str | None = None
    cause: str | None = None
    depth: int = 0
    enrolled_by: str | None = None
    ended_at: Instant | None = None
    told_at: Instant | None = None
    recipient: str | None = None
    opens: int = 0

    @property
    def message_id(self) -> str:
        """Left part of the Message-ID, so that a relay's log can settle a doubt."""
        return f"effect.{self.id}"
