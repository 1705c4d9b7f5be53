"""Performs the planned effects of one partition: claim, ask once more, mark as sending, send, settle."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from time import monotonic
from typing import assert_never

import structlog
from structlog.contextvars import bound_contextvars

from common.domain.claim import Hold, Send, Withdraw, Withdrawal, at_claim
from common.domain.delivery import Delivery, Return, Settle, Uncertain, consequence
from common.domain.effect import Effect, EffectState
from common.domain.flow_book import FlowBook
from common.domain.reasons import FlowState
from common.domain.reassess import is_blocked
from common.messages.topology import Service
from common.ports import (
    Addresses,
    Channel,
    Commit,
    Committed,
    Contacts,
    Flows,
    Guard,
    Message,
    Ownership,
    Partitions,
    Unavailable,
    Unsendable,
)
from common.runtime.bells import heard
from common.runtime.effect_expiry import Expiry
from common.runtime.effect_outcomes import Ledger, Outcome
from common.runtime.flow_cache import FlowCache
from common.runtime.partition import Lost
from common.runtime.tracing import UNWATCHED, Tracing

log = structlog.get_logger()

SENDER_PAUSED = "effects.paused"
SEND_RAISED = "effect.send_raised"
NO_CHANNEL = "effects.no_channel"
NOT_PREPARED = "effect.not_prepared"
LONGEST_PAUSE = 30.0
AFTER_AN_ERROR = timedelta(minutes=5)
"""How long a message waits whose building failed as it should not: the fault may be ours."""
WIDTH = 32
"""Most messages that are built ahead of their sending."""


class _Unreached(Exception):
    """The other side can't be reached; nothing has left."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What every sender of a process shares. Times in seconds.

    `lease`: how long a claim, and then a sending, may take before it counts as abandoned.
    """

    ledger: Ledger
    flows: Flows
    cache: FlowCache
    contacts: Contacts
    addresses: Addresses
    partitions: Partitions
    channels: Mapping[str, Channel]
    observe: Callable[[str, EffectState, int], None]
    tracing: Tracing = UNWATCHED
    batch: int = 100
    lease: float = 60.0
    poll: float = 0.2
    idle_poll: float = 1.0

    def __post_init__(self) -> None:
        for channel in self.channels.values():
            if channel.timeout * 2 >= self.lease:
                raise ValueError(
                    f"a send by {channel.name} may take {channel.timeout} s; the lease must be over twice that"
                )


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed effect that may go out."""

    effect: Effect
    send: Send


@dataclass(frozen=True, slots=True)
class Built:
    """One that can go out, with its message."""

    effect: Effect
    message: Message
    address: str | None


class EffectSender:
    """Sends for one partition for as long as this process owns it. `bell`: rung when effects were planned here."""

    def __init__(self, own: Ownership, shared: Dispatch, bell: asyncio.Event) -> None:
        self._own = own
        self._shared = shared
        self._effects = shared.ledger.effects
        self._bell = bell
        self._stopping = asyncio.Event()
        self._lease = timedelta(seconds=shared.lease)
        self._expiry = Expiry(own.partition, shared.ledger, shared.observe, shared.lease)

    def stop(self) -> None:
        """Come to an end when what is on the wire has its outcome."""
        self._stopping.set()
        self._bell.set()

    async def run(self) -> None:
        """Until `stop`, or until the partition is lost; trouble outside only pauses."""
        with bound_contextvars(service=self._own.service.value, partition=self._own.partition):
            await self._run()

    async def _run(self) -> None:
        idle = pause = self._shared.poll
        try:
            while not self._stopping.is_set():
                try:
                    busy = await self.turn()
                except (Unavailable, _Unreached) as error:
                    log.warning(SENDER_PAUSED, partition=self._own.partition, seconds=pause, why=str(error))
                    await self._rest(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    continue
                pause = self._shared.poll
                idle = self._shared.poll if busy else min(idle * 1.5, self._shared.idle_poll)
                if not busy:
                    await heard(self._bell, idle)
        except Lost:
            return

    async def turn(self) -> bool:
        """One claim and everything that follows from it; whether there was any.

        Raises `Unavailable`, and `Lost` when another process has the partition.
        """
        await self._expiry.look()
        claimed = await self._claim()
        if not claimed:
            return False
        left = {effect.id for effect in claimed}
        try:
            await self._perform(claimed, left)
        finally:
            if left:
                await self._effects.release(sorted(left), claimed[0].token or "")
        return True

    async def _rest(self, seconds: float) -> None:
        """A pause that only `stop` cuts short."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _claim(self) -> Sequence[Effect]:
        book = await self._book()
        paused = [flow.id for flow in book if flow.state is FlowState.PAUSED]
        return await self._effects.claim(
            self._own.partition,
            self._shared.batch,
            token=token_hex(8),
            lease=self._lease,
            without_flows=paused,
        )

    async def _book(self) -> FlowBook:
        """The flows as they stand now; read again only after a life-cycle act."""
        return await self._shared.cache.book(await self._shared.flows.epoch())

    async def _perform(self, claimed: Sequence[Effect], left: set[str]) -> None:
        """Take from `left` whatever has got an outcome; the caller returns the rest."""
        # Read after the claim: whatever planned these effects happened under flows that this book knows.
        book = await self._book()
        ready, withdrawn = await self._ask_again(claimed, book)
        await self._write(withdrawn)
        left.difference_update(outcome.effect.id for outcome in withdrawn)
        await self._postpone_strangers(ready, left)
        until = monotonic() + self._shared.lease / 2
        for name, channel in self._shared.channels.items():
            mine = [each for each in ready if each.effect.channel == name]
            for few in [mine[i : i + WIDTH] for i in range(0, len(mine), WIDTH)]:
                if monotonic() > until or not await self._send_few(few, channel, book, left):
                    return

    async def _postpone_strangers(self, ready: Sequence[Ready], left: set[str]) -> None:
        """What goes by a channel that this process lacks waits for one that has it."""
        strangers = [each.effect for each in ready if each.effect.channel not in self._shared.channels]
        if strangers:
            log.error(NO_CHANNEL, channels=sorted({each.channel for each in strangers}))
            ids = [each.id for each in strangers]
            await self._effects.release(ids, strangers[0].token or "", AFTER_AN_ERROR)
            left.difference_update(ids)

    async def _ask_again(
        self, claimed: Sequence[Effect], book: FlowBook
    ) -> tuple[list[Ready], list[Outcome]]:
        contacts = await self._shared.contacts.many({effect.contact for effect in claimed})
        addresses = {contact.email for contact in contacts.values() if contact.email}
        refusing = await self._shared.addresses.blocked(addresses)
        ready: list[Ready] = []
        withdrawn: list[Outcome] = []
        for effect in claimed:
            contact = contacts.get(effect.contact)
            blocked = contact is not None and is_blocked(contact, refusing)
            match at_claim(effect, book.get(effect.flow), contact, blocked=blocked):
                case Send() as send:
                    ready.append(Ready(effect, send))
                case Withdraw(reason, text):
                    withdrawn.append(withdrawal(effect, reason.value, text))
                case Hold():
                    pass
                case other:
                    assert_never(other)
        return ready, withdrawn

    async def _send_few(self, few: Sequence[Ready], channel: Channel, book: FlowBook, left: set[str]) -> bool:
        """Build these, and send them as connections come free. `False`: stop, and look at the world again."""
        built = deque([made for each in few if (made := await self._build(each, channel, left))])
        while built:
            taken = await channel.slots.take(len(built))
            try:
                going = [built.popleft() for _ in range(taken)]
                if self._stopping.is_set() or not await self._mark(going, book):
                    return False
                # From here on they are no longer ours to return: only an answer, or doubt, ends them.
                left.difference_update(each.effect.id for each in going)
                outcomes = await asyncio.gather(*(self._send(each) for each in going))
                left.update(each.effect.id for each in outcomes if isinstance(each.consequence, Return))
                await self._write(outcomes)
            finally:
                channel.slots.give_back(taken)
            for outcome in outcomes:
                if isinstance(outcome.consequence, Return):
                    raise _Unreached(outcome.consequence.text)
        return True

    async def _build(self, ready: Ready, channel: Channel, left: set[str]) -> Built | None:
        await asyncio.sleep(0)  # building is pure work: let others have their turn
        effect, send = ready.effect, ready.send
        now = await self._shared.ledger.clock.now()
        try:
            message = await channel.prepare(effect, send.flow.document, send.contact, now)
        except Unsendable as error:
            await self._write([withdrawal(effect, Withdrawal.UNSENDABLE.value, str(error))])
            left.discard(effect.id)
            return None
        except Unavailable:
            raise
        except Exception:  # a fault of ours must not take the neighbours with it
            log.exception(NOT_PREPARED, **names(effect))
            await self._effects.release([effect.id], effect.token or "", AFTER_AN_ERROR)
            left.discard(effect.id)
            return None
        return Built(effect, message, send.contact.email)

    async def _mark(self, going: Sequence[Built], book: FlowBook) -> bool:
        """The last gate before the wire: ours, under these flows, all of them. `False`: look again."""
        marked = self._effects.mark_sending(
            [each.effect.id for each in going], going[0].effect.token or "", self._lease
        )
        guard = Guard(Service.EFFECTS, self._own.partition, self._own.token, book.epoch)
        result = await self._shared.ledger.batches.commit(Commit(guard=guard, writes=[marked]))
        if result.outcome is Committed.FENCED:
            token, _ = await self._shared.partitions.look(Service.EFFECTS, self._own.partition)
            if token != self._own.token:
                raise Lost
        return result.outcome is Committed.DONE

    async def _send(self, built: Built) -> Outcome:
        attempts = built.effect.attempts + 1
        with self._shared.tracing.effect(built.effect):
            delivery = await self._hand_over(built)
            self._shared.tracing.note(delivery=type(delivery).__name__.lower())
        return Outcome(built.effect, consequence(delivery, attempts), attempts, address=built.address)

    async def _hand_over(self, built: Built) -> Delivery:
        try:
            async with asyncio.timeout(self._shared.lease / 2):
                return await built.message.send()
        except Exception as error:  # after the mark, only a clear answer proves that nothing left
            log.exception(SEND_RAISED, **names(built.effect))
            return Uncertain(str(error) or type(error).__name__)

    async def _write(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        await self._shared.ledger.write(outcomes)
        for outcome in outcomes:
            if isinstance(outcome.consequence, Settle):
                self._shared.observe(outcome.effect.channel, outcome.consequence.state, 1)


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
