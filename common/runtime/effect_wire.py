"""The last metres of an effect: its message is built, marked as sending, sent, and its outcome written."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from common.domain.claim import Send, Withdrawal
from common.domain.delivery import Delivery, Return, Settle, Uncertain, consequence
from common.domain.effect import Effect
from common.domain.flow_book import FlowBook
from common.messages.topology import Service
from common.ports import (
    Channel,
    Commit,
    Committed,
    Guard,
    Message,
    Ownership,
    Slots,
    Unavailable,
    Unsendable,
)
from common.runtime.effect_dispatch import Dispatch, names, withdrawal
from common.runtime.effect_outcomes import Outcome
from common.runtime.partition import Lost

log = structlog.get_logger()

SEND_RAISED = "effect.send_raised"
NOT_PREPARED = "effect.not_prepared"
AFTER_AN_ERROR = timedelta(minutes=5)
"""How long a message waits whose building failed as it should not: the fault may be ours."""

TOGETHER = 0.02
"""Seconds within which answers are waited for, so that they are written together."""


class Unreached(Exception):
    """The other side can't be reached; nothing has left."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed effect that may go out."""

    effect: Effect
    send: Send


@dataclass(frozen=True, slots=True)
class Built:
    """One that can go out, with its message; `address`: where that is mail, whose bounces are counted."""

    effect: Effect
    message: Message
    address: str | None


@dataclass(slots=True)
class Held:
    """Slots of a channel that are taken."""

    slots: Slots
    count: int

    def give_back(self, count: int) -> None:
        self.slots.give_back(count)
        self.count -= count


Sending = set[asyncio.Task[Outcome]]


async def some_of(sending: Sending) -> tuple[Sending, Sending]:
    """Those that are done and those that are not, as soon as any is: who is quick waits for its like."""
    done, still = await asyncio.wait(sending, timeout=TOGETHER)
    return (done, still) if done else await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)


class Wire:
    """One partition's way out. What it is done with, it takes from `left`; the caller returns the rest.

    `stopping`: set when nothing more shall be marked.
    """

    def __init__(self, own: Ownership, shared: Dispatch, stopping: asyncio.Event) -> None:
        self._own = own
        self._shared = shared
        self._effects = shared.ledger.effects
        self._stopping = stopping
        self._marking = asyncio.Lock()
        """All marks change the row of the partition: side by side they would be in each other's way."""

    async def send(self, few: Sequence[Ready], channel: Channel, book: FlowBook, left: set[str]) -> bool:
        """Build these, and send them as connections come free. `False`: stop, and look at the world again."""
        built = await self._build_all(few, channel, left)
        while built:
            held = Held(channel.slots, await channel.slots.take(len(built)))
            try:
                going = [built.popleft() for _ in range(held.count)]
                if self._stopping.is_set() or not await self._mark(going, channel, book):
                    return False
                # From here on they are no longer ours to return: only an answer, or doubt, ends them.
                left.difference_update(each.effect.id for each in going)
                await self._deliver(going, channel, left, held)
            finally:
                held.give_back(held.count)
        return True

    async def _deliver(self, going: Sequence[Built], channel: Channel, left: set[str], held: "Held") -> None:
        """Send these at once, and write what is answered in lots: nobody's slot waits for the slowest. Raises
        `Unreached` when all have an outcome."""
        unreached: Return | None = None
        sending = {asyncio.create_task(self._send_one(each, channel)) for each in going}
        try:
            while sending:
                done, sending = await some_of(sending)
                outcomes = [task.result() for task in done]
                for outcome in outcomes:
                    if isinstance(outcome.consequence, Return):
                        unreached = outcome.consequence
                        left.add(outcome.effect.id)
                await self.write(outcomes)
                held.give_back(len(outcomes))
        finally:
            for task in sending:
                task.cancel()
        if unreached is not None:
            raise Unreached(unreached.text)

    async def _build_all(self, few: Sequence[Ready], channel: Channel, left: set[str]) -> deque[Built]:
        """Side by side, so that what all of them look up is looked up at once."""
        now = await self._shared.ledger.clock.now()
        building = (self._build(each, channel, now, left) for each in few)
        made = await asyncio.gather(*building, return_exceptions=True)
        for failed in made:
            if isinstance(failed, BaseException):
                raise failed
        return deque(each for each in made if isinstance(each, Built))

    async def _build(self, ready: Ready, channel: Channel, now: datetime, left: set[str]) -> Built | None:
        effect, send = ready.effect, ready.send
        try:
            flow = send.flow.document if send.flow else None
            message = await channel.prepare(effect, flow, send.contact, now)
        except Unsendable as error:
            await self.write([withdrawal(effect, Withdrawal.UNSENDABLE.value, str(error))])
            left.discard(effect.id)
            return None
        except Unavailable:
            raise
        except Exception:  # a fault of ours must not take the neighbours with it
            log.exception(NOT_PREPARED, **names(effect))
            await self._effects.release([effect.id], effect.token or "", AFTER_AN_ERROR)
            left.discard(effect.id)
            return None
        return Built(effect, message, send.contact.email if channel.counts_bounces else None)

    async def _mark(self, going: Sequence[Built], channel: Channel, book: FlowBook) -> bool:
        """The last gate before the wire: ours, under these flows, all of them. `False`: look again."""
        lease = timedelta(seconds=self._shared.sending_lease(channel))
        marked = self._effects.mark_sending(
            [each.effect.id for each in going],
            going[0].effect.token or "",
            lease,
            repeatable=channel.knows_repeats,
        )
        guard = Guard(Service.EFFECTS, self._own.partition, self._own.token, book.epoch)
        async with self._marking:
            result = await self._shared.ledger.batches.commit(Commit(guard=guard, writes=[marked]))
        if result.outcome is Committed.FENCED:
            token, _ = await self._shared.partitions.look(Service.EFFECTS, self._own.partition)
            if token != self._own.token:
                raise Lost
        return result.outcome is Committed.DONE

    async def _send_one(self, built: Built, channel: Channel) -> Outcome:
        attempts = built.effect.attempts + 1
        with self._shared.tracing.effect(built.effect):
            delivery = await self._hand_over(built, channel)
            self._shared.tracing.note(delivery=type(delivery).__name__.lower())
        repeatable = built.effect.repeatable or channel.knows_repeats
        follows = consequence(delivery, attempts, repeatable=repeatable)
        return Outcome(built.effect, follows, attempts, address=built.address)

    async def _hand_over(self, built: Built, channel: Channel) -> Delivery:
        try:
            async with asyncio.timeout(self._shared.sending_lease(channel) / 2):
                return await built.message.send()
        except Exception as error:  # after the mark, only a clear answer proves that nothing left
            log.exception(SEND_RAISED, **names(built.effect))
            return Uncertain(str(error) or type(error).__name__)

    async def write(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        await self._shared.ledger.write(outcomes)
        for outcome in outcomes:
            if isinstance(outcome.consequence, Settle):
                self._shared.observe(outcome.effect.channel, outcome.consequence.state, 1)
