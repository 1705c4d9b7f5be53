"""The ledger, and the ways by which its effects leave."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from common.domain.contact import Contact
from common.domain.delivery import Delivery as MessageDelivery
from common.domain.effect import Effect, EffectState
from common.domain.flow import Flow
from common.domain.recipient import RecipientStatus
from common.domain.sms import Segments
from common.ports.road import Write


class Effects(Protocol):
    """The ledger. Each change of state is guarded by the state and the token before it; leases and delays run
    on the database's clock."""

    def plan(self, effects: Iterable[Effect]) -> Sequence[Write]: ...

    async def claim(
        self, partition: int, limit: int, *, token: str, lease: timedelta, without_flows: Collection[str]
    ) -> Sequence[Effect]:
        """Take planned effects whose time has come, an equal share for each flow that has any."""
        ...

    async def release(self, ids: Sequence[str], token: str, delay: timedelta = timedelta()) -> None:
        """Back to planned, for `delay` at least: nothing has left, so the attempt doesn't count."""
        ...

    def mark_sending(
        self, ids: Sequence[str], token: str, lease: timedelta, *, repeatable: bool = False
    ) -> Write:
        """`repeatable`: by the channel on which they go."""
        ...

    def settle(
        self,
        effects: Collection[str],
        token: str,
        state: EffectState,
        *,
        reason: str | None,
        at: datetime,
        told_at: datetime | None = None,
    ) -> Write:
        """The end of effects under their token, be they claimed, sending or in doubt."""
        ...

    def put_off(self, effects: Collection[str], token: str, delay: timedelta, *, reason: str) -> Write:
        """From sending back to planned, for a later try; the attempt counts."""
        ...

    def wait(self, effects: Collection[str], token: str, until: datetime) -> Write:
        """From claimed back to planned, until this business time: the attempt doesn't count."""
        ...

    async def wake(self, partition: int, now: datetime, flows: Collection[str] | None) -> None:
        """May be claimed again: what waited until `now`, and all that waits of these flows (`None`: of any)."""
        ...

    async def release_expired(self, partition: int) -> int:
        """Claims whose lease ran out back to planned, and sendings that may be repeated; how many."""
        ...

    async def expired_sending(self, partition: int, limit: int) -> Sequence[Effect]: ...

    def doubt(self, ids: Sequence[str]) -> Write:
        """Sending ones whose lease ran out become in doubt; they keep their token."""
        ...

    def reached(self, effect: str, contact: str, status: RecipientStatus) -> Write:
        """The message of this contact came so far with its recipient; it never goes back."""
        ...

    async def opened_again(self, effect: str) -> None:
        """Count one more opening of a message that was opened before."""
        ...

    async def of_flow(self, flow: str, *, after: str | None = None, limit: int = 100) -> Sequence[Effect]:
        """One page of a flow's messages, in the order of their ids, behind `after`."""
        ...

    async def many(self, ids: Iterable[str]) -> Sequence[Effect]: ...
    async def in_doubt(self, limit: int) -> Sequence[Effect]: ...
    async def counts(self) -> Mapping[EffectState, int]: ...


class CrmLedger(Protocol):
    """What was done of late in the CRM, for whoever hears of it from there. Raises `Unavailable`."""

    async def of_late(
        self, contacts: Iterable[str], channel: str, within: timedelta
    ) -> Mapping[str, Sequence[Effect]]:
        """By contact, its effects of this channel that are still to be done, are in doubt, or were done within this
        time; the newest last."""
        ...


class Slots(Protocol):
    """The right to have messages on the wire: one for each connection, shared by all senders."""

    async def take(self, most: int) -> int:
        """Wait for a free one and take up to `most`; answers how many."""
        ...

    def give_back(self, count: int) -> None: ...


class Message(Protocol):
    """One prepared message, bound to its channel."""

    async def send(self) -> MessageDelivery:
        """Hand it over; takes no longer than the channel's `timeout`, raises nothing expected."""
        ...


class Channel(Protocol):
    """A way to a contact, such as e-mail: one file each."""

    name: str
    timeout: float
    """Hard limit of one `send`, in seconds."""
    counts_bounces: bool
    """It goes to the contact's mail address, against which refusals count."""
    knows_repeats: bool
    """Its other side knows each repeat by the effect's id, so that nothing is ever in doubt."""

    @property
    def slots(self) -> Slots: ...

    async def prepare(self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime) -> Message:
        """Build the message for this contact; `flow` is `None` where none sends it.

        Raises `Unsendable` when it can't be built at all.
        """
        ...


@dataclass(frozen=True, slots=True)
class TextMessage:
    """`id` tells repeats; `to` is E.164; without `sender` the provider's own."""

    id: str
    to: str
    sender: str | None
    text: str
    segments: Segments


class SmsProvider(Protocol):
    """Sends text messages, each at most once."""

    async def send(self, message: TextMessage) -> MessageDelivery:
        """Hand it over; raises nothing expected."""
        ...


class Mailer(Protocol):
    """Sends one message to one recipient.

    Raises `MailRefused` when the server says no, `MailUnavailable` while nothing can have left, and
    `MailUncertain` when the message was on its way and no answer came.
    """

    async def send(self, message: bytes, sender: str, recipient: str, enclosed: bytes = b"") -> None:
        """`enclosed`: what follows the message's own bytes, shared by many."""
        ...
