"""What the senders of a process share, and what they say of an effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from common.domain.delivery import Settle, Wait
from common.domain.effect import Effect, EffectState
from common.ports import Addresses, Channel, Contacts, Flows, Participants, Partitions
from common.runtime.effect_outcomes import Ledger, Outcome
from common.runtime.flow_cache import FlowCache
from common.runtime.tracing import UNWATCHED, Tracing


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What every sender of a process shares. Times in seconds.

    `lease`: how long a claim may take before it counts as abandoned; so also a sending, unless its channel needs
    longer.
    """

    ledger: Ledger
    flows: Flows
    cache: FlowCache
    contacts: Contacts
    participants: Participants
    addresses: Addresses
    partitions: Partitions
    channels: Mapping[str, Channel]
    observe: Callable[[str, EffectState, int], None]
    tracing: Tracing = UNWATCHED
    batch: int = 128
    lease: float = 60.0
    poll: float = 0.2
    idle_poll: float = 1.0

    def sending_lease(self, channel: Channel) -> float:
        """Over twice what one send by this channel may take."""
        return self.lease if channel.timeout * 2 < self.lease else channel.timeout * 3


def names(effect: Effect) -> dict[str, str | int]:
    """What a log says about it."""
    return {
        "effect": effect.id,
        "participant": effect.participant,
        "flow": effect.flow,
        "flow_version": effect.version,
        "content": effect.content,
    }


def withdrawal(effect: Effect, reason: str, text: str) -> Outcome:
    return Outcome(effect, Settle(EffectState.WITHDRAWN, text), effect.attempts, reason=reason)


def waiting(effect: Effect, until: datetime) -> Outcome:
    return Outcome(effect, Wait(until), effect.attempts)
