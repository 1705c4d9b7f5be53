"""Performs the planned effects of one partition: claim, ask once more, mark as sending, send, settle."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from secrets import token_hex
from time import monotonic
from typing import assert_never

import structlog
from structlog.contextvars import bound_contextvars

from common.domain.claim import Await, Hold, Send, Withdraw, at_claim
from common.domain.effect import Effect
from common.domain.flow_book import FlowBook
from common.domain.letter import recipient
from common.domain.reasons import FlowState
from common.domain.reassess import is_blocked
from common.ports import Channel, Ownership, Unavailable
from common.runtime.bells import heard
from common.runtime.effect_dispatch import Dispatch, waiting, withdrawal
from common.runtime.effect_expiry import Expiry
from common.runtime.effect_outcomes import Outcome
from common.runtime.effect_wire import AFTER_AN_ERROR, Ready, Unreached, Wire
from common.runtime.partition import Lost

log = structlog.get_logger()

SENDER_PAUSED = "effects.paused"
CHANNEL_RESTS = "effects.channel_rests"
NO_CHANNEL = "effects.no_channel"
LONGEST_PAUSE = 30.0
WIDTH = 32
"""Most messages of a lot."""
LANES = 2
"""Lots that a sender has in hand at once."""


class Rest:
    """How long a channel is let alone whose other side can't be reached: each time twice as long. In seconds."""

    def __init__(self, shortest: float) -> None:
        self._shortest = self._next = shortest
        self._until = 0.0

    @property
    def seconds(self) -> float:
        """What is left of it."""
        return max(self._until - monotonic(), 0.0)

    def begin(self) -> None:
        self._until = monotonic() + self._next
        self._next = min(self._next * 2, LONGEST_PAUSE)

    def over(self) -> None:
        self._next = self._shortest


class EffectSender:
    """Sends for one partition for as long as this process owns it. `bell`: rung when effects were planned here."""

    def __init__(self, own: Ownership, shared: Dispatch, bell: asyncio.Event) -> None:
        self._own = own
        self._shared = shared
        self._effects = shared.ledger.effects
        self._bell = bell
        self._stopping = asyncio.Event()
        self._lease = timedelta(seconds=shared.lease)
        self._wire = Wire(own, shared, self._stopping)
        self._expiry = Expiry(own.partition, shared.ledger, shared.observe, shared.lease)
        self._rests = {name: Rest(shared.poll) for name in shared.channels}
        self._versions: Mapping[str, tuple[int, int]] | None = None

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
                except Unavailable as error:
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
        await self._wake(book)
        paused = [flow.id for flow in book if flow.state is FlowState.PAUSED]
        return await self._effects.claim(
            self._own.partition,
            self._shared.batch,
            token=token_hex(8),
            lease=self._lease,
            without_flows=paused,
        )

    async def _wake(self, book: FlowBook) -> None:
        """Whatever waits for its window is asked again when that opens, and when its flow is not the same any more:
        ended, or resumed, maybe with another window. All of it once, since acts may have come before this sender."""
        versions = {flow.id: (flow.run, flow.version.version) for flow in book}
        before, self._versions = self._versions, versions
        changed = None
        if before is not None:
            changed = [flow for flow in before.keys() | versions if before.get(flow) != versions.get(flow)]
        now = await self._shared.ledger.clock.now()
        await self._effects.wake(self._own.partition, now, changed)

    async def _book(self) -> FlowBook:
        """The flows as they stand now; read again only after a life-cycle act."""
        return await self._shared.cache.book(await self._shared.flows.epoch())

    async def _perform(self, claimed: Sequence[Effect], left: set[str]) -> None:
        """Take from `left` whatever has got an outcome; the caller returns the rest."""
        # Read after the claim: whatever planned these effects happened under flows that this book knows.
        book = await self._book()
        ready, settled = await self._ask_again(claimed, book)
        await self._wire.write(settled)
        left.difference_update(outcome.effect.id for outcome in settled)
        await self._postpone_strangers(ready, left)
        until = monotonic() + self._shared.lease / 2
        for name, channel in self._shared.channels.items():
            mine = [each for each in ready if each.effect.channel == name]
            if not await self._send(mine, channel, book, left, until):
                return

    async def _send(
        self, mine: Sequence[Ready], channel: Channel, book: FlowBook, left: set[str], until: float
    ) -> bool:
        """By one channel; where its other side can't be reached, its effects wait and the others go on.
        `False`: look at the world again first."""
        rest = self._rests[channel.name]
        if mine and rest.seconds > 0:
            await self._postpone([each.effect for each in mine], left, timedelta(seconds=rest.seconds))
            return True
        try:
            if not await self._send_in_lots(mine, channel, book, left, until):
                return False
        except Unreached as error:
            rest.begin()
            log.warning(CHANNEL_RESTS, channel=channel.name, seconds=rest.seconds, why=str(error))
            await self._postpone([each.effect for each in mine], left, timedelta(seconds=rest.seconds))
        return True

    async def _send_in_lots(
        self, mine: Sequence[Ready], channel: Channel, book: FlowBook, left: set[str], until: float
    ) -> bool:
        """Some lots at a time: while one is on its way, the next is built, and the outcomes of another are written.

        `False` as soon as one lot has to look at the world again. Whatever one raises, those in hand come to their
        end; a fault, or a lost partition, goes before trouble outside, which the next turn would meet again.
        """
        lots = iter([mine[start : start + WIDTH] for start in range(0, len(mine), WIDTH)])

        async def lane() -> bool:
            for lot in lots:
                if monotonic() > until or not await self._wire.send(lot, channel, book, left):
                    return False
                self._rests[channel.name].over()
            return True

        ended = await asyncio.gather(*(lane() for _ in range(LANES)), return_exceptions=True)
        raised = [each for each in ended if isinstance(each, BaseException)]
        for error in sorted(
            raised, key=lambda each: (isinstance(each, Unreached), isinstance(each, Unavailable))
        ):
            raise error
        return all(ended)

    async def _postpone(self, effects: Sequence[Effect], left: set[str], delay: timedelta) -> None:
        """Those that are still ours go back to planned, for this long at least."""
        ids = [each.id for each in effects if each.id in left]
        if ids:
            await self._effects.release(ids, effects[0].token or "", delay)
            left.difference_update(ids)

    async def _postpone_strangers(self, ready: Sequence[Ready], left: set[str]) -> None:
        """What goes by a channel that this process lacks waits for one that has it."""
        strangers = [each.effect for each in ready if each.effect.channel not in self._shared.channels]
        if strangers:
            log.error(NO_CHANNEL, channels=sorted({each.channel for each in strangers}))
            await self._postpone(strangers, left, AFTER_AN_ERROR)

    async def _ask_again(
        self, claimed: Sequence[Effect], book: FlowBook
    ) -> tuple[list[Ready], list[Outcome]]:
        contacts, there = await asyncio.gather(
            self._shared.contacts.many({effect.contact for effect in claimed}),
            self._shared.participants.known({effect.participant for effect in claimed}),
        )
        reached = {effect.id: recipient(effect, contacts.get(effect.contact)) for effect in claimed}
        addresses = {contact.email for contact in reached.values() if contact and contact.email}
        refusing = await self._shared.addresses.blocked(addresses)
        now = await self._shared.ledger.clock.now()
        ready: list[Ready] = []
        settled: list[Outcome] = []
        for effect in claimed:
            contact = reached[effect.id]
            blocked = contact is not None and is_blocked(contact, refusing)
            removed = effect.participant not in there
            match at_claim(effect, book.get(effect.flow), contact, now, blocked=blocked, removed=removed):
                case Send() as send:
                    ready.append(Ready(effect, send))
                case Withdraw(reason, text):
                    settled.append(withdrawal(effect, reason.value, text))
                case Await(until):
                    settled.append(waiting(effect, until))
                case Hold():
                    pass
                case other:
                    assert_never(other)
        return ready, settled
