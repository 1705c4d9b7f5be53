"""What becomes of one effect, as the sender tells the executor (data of `headrace.effect.settled` and `.waits`)."""

from common.domain.claim import Withdrawal
from common.domain.effect import EffectState
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.reasons import DropOut
from common.messages.happened import MessageSettled

CLOSED_WORDS = frozenset({*DropOut, *Withdrawal})


class Settled(Model):
    """`address` is the recipient's; `bounced`: the failure counts against it, at once for good if `permanent`.
    `reason` is a `DropOut` or a `Withdrawal` where the effect was withdrawn, else the other side's words;
    `text` says more to people."""

    effect: str
    participant: str
    flow: str
    run: int
    version: int
    step: str
    channel: str
    content: str
    state: EffectState
    reason: str | None = None
    text: str | None = None
    address: str | None = None
    bounced: bool = False
    permanent: bool = False

    def fact(self) -> MessageSettled:
        """For reporting, which hears no words of the other side."""
        told = self.model_dump(include=set(MessageSettled.model_fields) - {"type", "reason"})
        closed = self.state is EffectState.WITHDRAWN and self.reason in CLOSED_WORDS
        return MessageSettled.model_validate(told | {"reason": self.reason if closed else None})


class Waits(Model):
    """A message found its sending window closed, and waits for it to open `until` then."""

    effect: str
    participant: str
    flow: str
    run: int
    version: int
    step: str
    channel: str
    content: str
    until: Instant
