"""A partition's tickets as they come: copies over the bus and by hand, and what lies in `work`, told apart from
repeats."""

import asyncio
from collections import OrderedDict
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

import structlog

from common.messages.ticket import FRAME, FRAME_BYTES, Sealed, Ticket, sealed
from common.messages.topology import Service
from common.ports import Courier, Delivery, Ownership, Work

SWEEP_SECONDS = 5.0
"""How long a ticket may lie in `work` before it is taken without its copy."""

RECENT = 4096

MOST_COPIES = 64
MOST_BYTES = FRAME_BYTES
"""That a partition holds when its own process hands it more. What goes beyond travels besides, so that the length of
its queue tells that much waits."""

UNREADABLE_COPY = "inbox.unreadable_copy"

Waiting = TypeVar("Waiting", Sealed, Ticket)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handed:
    """A copy that did not travel."""

    sealed: Sealed

    async def settle(self) -> None:
        """It holds nobody back."""


class Inboxes:
    """Those of the partitions that this process owns: tickets that come into being here need not travel to them."""

    def __init__(self) -> None:
        self._open: dict[tuple[Service, int], Inbox] = {}

    @contextmanager
    def reached(self, own: Ownership, inbox: "Inbox") -> Generator[None]:
        """Within, this inbox is handed the tickets of its partition."""
        key = (own.service, own.partition)
        self._open[key] = inbox
        try:
            yield
        finally:
            if self._open.get(key) is inbox:
                del self._open[key]

    def hand(self, tickets: Iterable[Ticket]) -> list[Ticket]:
        """Hands over those whose owners are here; answers those that have to travel."""
        return [ticket for ticket in tickets if not self._taken(ticket)]

    def _taken(self, ticket: Ticket) -> bool:
        inbox = self._open.get((ticket.service, ticket.partition))
        return inbox is not None and inbox.hand(ticket)


class Inbox:
    """One partition of one service, in its owner's hands. `bell` rings when there may be something new."""

    def __init__(
        self, own: Ownership, work: Work, courier: Courier, bell: asyncio.Event, inboxes: Inboxes
    ) -> None:
        self.applied = own.applied
        self._own = own
        self._work = work
        self._courier = courier
        self._bell = bell
        self._inboxes = inboxes
        self._copies: dict[str, Delivery] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._looked = float("-inf")
        self._look_now = True

    async def receive(self) -> None:
        """Take in copies for as long as the partition is ours (a task of its own)."""
        with self._inboxes.reached(self._own, self):
            async for copy in self._courier.consume(self._own.service, self._own.partition):
                if self._is_done(copy.sealed):
                    await copy.settle()
                else:
                    again = self._copies.get(copy.sealed.id)
                    self._copies[copy.sealed.id] = copy
                    self._bell.set()
                    if again is not None:
                        await again.settle()

    def hand(self, ticket: Ticket) -> bool:
        """A ticket that came into being in this process: whether it need not travel. What there is no room for is
        read where it waits, lest later ones overtake it."""
        if self._is_done(ticket):
            return True
        room = self._courier.connected() and self._has_room()
        if room:
            self._copies.setdefault(ticket.id, Handed(sealed(ticket)))
        else:
            self.look()
        self._bell.set()
        return room

    def _has_room(self) -> bool:
        held = sum(len(copy.sealed.body) for copy in self._copies.values())
        return len(self._copies) < MOST_COPIES and held < MOST_BYTES

    def look(self) -> None:
        """Make the next `take` read `work`."""
        self._look_now = True

    @property
    def more(self) -> bool:
        """Whether the last `take` left something behind."""
        return self._look_now or bool(self._copies)

    def pause(self) -> float:
        """Seconds until `work` has to be looked at again, whether or not the bell rings."""
        return max(0.0, self._looked + SWEEP_SECONDS - monotonic())

    async def take(self) -> Sequence[Ticket]:
        """The next tickets in order, up to about one frame of records; nothing when there are none."""
        if self._look_now or not self._courier.connected() or self.pause() == 0.0:
            return await self._from_work()
        copies = without_gap((copy.sealed for copy in self._copies.values()), self.applied)
        if not copies and self._copies:
            return await self._from_work()
        try:
            return [sealed.opened() for sealed in frame(copies)]
        except ValueError as error:
            log.error(
                UNREADABLE_COPY, service=self._own.service, partition=self._own.partition, error=str(error)
            )
            return await self._from_work()

    async def _from_work(self) -> Sequence[Ticket]:
        """`work` is the truth: a number that is not there will not come."""
        self._look_now = False
        waiting = await self._work.waiting_for(self._own.service, self._own.partition, FRAME)
        fresh = [ticket for ticket in waiting if ticket.id not in self._recent]
        taken = frame(fresh)
        if is_full(waiting) or len(taken) < len(fresh):
            self.look()
        self._looked = monotonic()
        if not taken:
            await self._drop_stale()
        return taken

    async def done(self, tickets: Iterable[Ticket]) -> None:
        """These are committed, or were found to be repeats: forget them and settle their copies."""
        for ticket in tickets:
            self._recent[ticket.id] = None
            if ticket.seq is not None:
                self.applied = max(self.applied, ticket.seq)
            if copy := self._copies.pop(ticket.id, None):
                await copy.settle()
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    async def _drop_stale(self) -> None:
        """`work` is empty of fresh tickets: whatever copy is still here is of one that is done."""
        held = list(self._copies)
        still = await self._work.still_there(held) if held else set()
        for ticket_id in held:
            if ticket_id not in still and (copy := self._copies.pop(ticket_id, None)):
                await copy.settle()

    def _is_done(self, ticket: Sealed | Ticket) -> bool:
        return ticket.id in self._recent or (ticket.seq is not None and ticket.seq <= self.applied)


def without_gap(tickets: Iterable[Waiting], applied: int) -> list[Waiting]:
    """Unnumbered tickets by id, then those numbered `applied` + 1, + 2 … as far as they follow one another."""
    waiting = list(tickets)
    ordered = sorted((t for t in waiting if t.seq is None), key=lambda t: t.id)
    numbered = {t.seq: t for t in waiting if t.seq is not None}
    while following := numbered.get(applied := applied + 1):
        ordered.append(following)
    return ordered


def is_full(tickets: Sequence[Ticket]) -> bool:
    """Whether these fill a frame, so that there may be more behind them."""
    records = sum(ticket.number for ticket in tickets)
    return records >= FRAME or sum(ticket.weight for ticket in tickets) >= FRAME_BYTES


def frame(tickets: Iterable[Waiting]) -> list[Waiting]:
    """The first tickets that fit one frame of records, in number and size; at least one, if there is any."""
    taken: list[Waiting] = []
    records = size = 0
    for ticket in tickets:
        records += ticket.number
        size += ticket.weight
        if taken and (records > FRAME or size > FRAME_BYTES):
            break
        taken.append(ticket)
    return taken
