"""What became of handing one message over, and what the ledger makes of it (architecture.md §3.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from common.domain.effect import EffectState

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
"""Machine time before the second, third, … try of what was refused for now; then it has failed."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side has taken it; `at`: when, by its own clock, where it tells."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side said no, for good (`permanent`) or for now.

    `of_address`: the no is about the recipient's address, and not about the sender or what was sent.
    """

    text: str
    permanent: bool
    of_address: bool


@dataclass(frozen=True, slots=True)
class Unreached:
    """Nothing has left: it may be tried again as if it never was."""

    text: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It has left, and no answer came: it may have arrived or not."""

    text: str


Delivery = Delivered | Refused | Unreached | Uncertain


class Bounce(StrEnum):
    """What a refusal means for the address."""

    PERMANENT = "permanent"
    """It is blocked at once."""
    SOFT = "soft"
    """Some in a row block it."""


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over. `bounce`: counts against the recipient's address; `told_at`: when, by the other side's clock."""

    state: EffectState
    text: str
    bounce: Bounce | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Back to planned, for `delay` at least."""

    delay: timedelta
    text: str


@dataclass(frozen=True, slots=True)
class Return:
    """Back to planned, and the attempt doesn't count: nothing was on the wire."""

    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Stays `sending`, and is in doubt when its lease runs out."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Back to planned, until this business time: nothing was on the wire, the sending window is closed."""

    until: datetime


Consequence = Settle | Retry | Return | Leave | Wait


def consequence(delivery: Delivery, attempts: int, *, repeatable: bool = False) -> Consequence:
    """What the ledger does after the `attempts`-th time on the wire, this one included.

    `repeatable`: sending again does no harm, so that no answer is as good as a refusal for now.
    """
    if repeatable and isinstance(delivery, Uncertain):
        delivery = Refused(delivery.text, permanent=False, of_address=False)
    match delivery:
        case Delivered(text, at):
            return Settle(EffectState.DONE, text, told_at=at)
        case Refused(text, permanent=True, of_address=of_address):
            return Settle(EffectState.FAILED, text, Bounce.PERMANENT if of_address else None)
        case Refused(text, of_address=of_address) if attempts > len(RETRY_AFTER):
            return Settle(EffectState.FAILED, text, Bounce.SOFT if of_address else None)
        case Refused(text):
            return Retry(RETRY_AFTER[attempts - 1], text)
        case Unreached(text):
            return Return(text)
        case Uncertain(text):
            return Leave(text)
    assert_never(delivery)
