"""Which tickets come next, told from copies alone or from what waits."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from common.adapters.no_courier import NoCourier
from common.messages.record import Record
from common.messages.ticket import FRAME, FRAME_BYTES, Sealed, Ticket, from_bytes, to_bytes
from common.messages.topology import Service
from common.ports import Backlog, Delivery, Ownership
from common.runtime.inbox import MOST_COPIES, Inbox, Inboxes, frame, is_full, without_gap

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OWN = Ownership(Service.FILTER, 0, token=1, epoch=0, applied=3, last=None)


def ticket(name: str, seq: int | None = None, records: int = 1, size: int = 100) -> Ticket:
    content = tuple(
        Record(id=f"{name}-{n}", type="t", source="s", contact="c", time=NOW, size=size)
        for n in range(records)
    )
    return Ticket(id=name, service=Service.FILTER, partition=0, seq=seq, at=NOW, records=content)


def names(tickets: Iterable[Ticket]) -> list[str]:
    return [each.id for each in tickets]


def test_numbered_tickets_follow_one_another_and_stop_at_a_gap() -> None:
    waiting = [ticket("f", 6), ticket("d", 4), ticket("e", 5), ticket("h", 8)]
    assert names(without_gap(waiting, applied=3)) == ["d", "e", "f"]


def test_nothing_numbered_is_taken_while_the_next_is_missing() -> None:
    assert without_gap([ticket("e", 5), ticket("f", 6)], applied=3) == []


def test_unnumbered_tickets_go_first_in_the_order_of_their_ids() -> None:
    waiting = [ticket("d", 4), ticket("2"), ticket("1")]
    assert names(without_gap(waiting, applied=3)) == ["1", "2", "d"]


def test_a_frame_ends_before_it_has_too_many_records() -> None:
    waiting = [ticket("a", records=300), ticket("b", records=200), ticket("c")]
    assert names(frame(waiting)) == ["a", "b"]


def test_a_frame_ends_before_it_grows_too_large() -> None:
    waiting = [ticket(name, size=FRAME_BYTES // 3) for name in "abcd"]
    assert names(frame(waiting)) == ["a", "b"]


def test_a_ticket_larger_than_a_frame_goes_alone() -> None:
    assert names(frame([ticket("a", size=2 * FRAME_BYTES), ticket("b")])) == ["a"]


def test_a_frame_is_full_by_records_or_by_size() -> None:
    assert is_full([ticket("a", records=FRAME)])
    assert is_full([ticket("a", size=FRAME_BYTES)])
    assert not is_full([ticket("a", records=FRAME - 1)])


@dataclass
class Copy:
    ticket: Ticket
    settled: list[str]
    name: str
    torn: bool = False

    @property
    def sealed(self) -> Sealed:
        sealed = from_bytes(to_bytes(self.ticket))
        return replace(sealed, body=sealed.body[:-9]) if self.torn else sealed

    async def settle(self) -> None:
        self.settled.append(self.name)


@dataclass
class Bus:
    """Carries these copies, then nothing."""

    copies: list[Copy] = field(default_factory=list)
    up: bool = True

    def publish(self, tickets: Sequence[Ticket]) -> None:
        raise AssertionError("an inbox sends nothing")

    def connected(self) -> bool:
        return self.up

    async def consume(self, service: Service, partition: int) -> AsyncIterator[Delivery]:
        for copy in self.copies:
            yield copy


@dataclass
class Waiting:
    """What lies in `work`."""

    tickets: list[Ticket] = field(default_factory=list)
    looks: int = 0

    async def waiting_for(self, service: Service, partition: int, records: int) -> Sequence[Ticket]:
        self.looks += 1
        return list(self.tickets)

    async def still_there(self, ids: Iterable[str]) -> set[str]:
        return set(ids) & set(names(self.tickets))

    async def waiting(self) -> Mapping[tuple[Service, int], int]:
        return {}

    async def backlog(self, services: Collection[Service]) -> Mapping[tuple[Service, int], Backlog]:
        return {}


async def inbox_after_its_first_look(bus: Bus, work: Waiting) -> Inbox:
    inbox = Inbox(OWN, work, bus, asyncio.Event(), Inboxes())
    assert await inbox.take() == []
    await inbox.receive()
    return inbox


async def test_each_copy_of_a_ticket_is_settled_however_many_there_are() -> None:
    settled: list[str] = []
    fourth = ticket("d", 4)
    inbox = await inbox_after_its_first_look(
        Bus([Copy(fourth, settled, name) for name in ("first", "second", "third")]), Waiting()
    )
    taken = await inbox.take()
    assert names(taken) == ["d"]
    await inbox.done(taken)
    assert sorted(settled) == ["first", "second", "third"]
    assert inbox.applied == 4


async def test_a_copy_at_or_below_the_last_applied_number_is_settled_and_dropped() -> None:
    settled: list[str] = []
    work = Waiting()
    inbox = await inbox_after_its_first_look(Bus([Copy(ticket("c", 3), settled, "late")]), work)
    assert settled == ["late"]
    assert await inbox.take() == []


async def test_after_a_gap_what_waits_is_read() -> None:
    fourth, fifth = ticket("d", 4), ticket("e", 5)
    work = Waiting()
    inbox = await inbox_after_its_first_look(Bus([Copy(fifth, [], "fifth")]), work)
    work.tickets = [fourth, fifth]
    assert names(await inbox.take()) == ["d", "e"]


async def test_a_copy_of_what_no_longer_waits_is_dropped_in_the_end() -> None:
    settled: list[str] = []
    inbox = await inbox_after_its_first_look(Bus([Copy(ticket("f", 6), settled, "stray")]), Waiting())
    assert await inbox.take() == []
    assert settled == ["stray"]
    assert not inbox.more


async def test_a_copy_whose_records_cannot_be_read_is_made_up_for_by_what_waits() -> None:
    settled: list[str] = []
    fourth, work = ticket("d", 4), Waiting()
    inbox = await inbox_after_its_first_look(Bus([Copy(fourth, settled, "torn", torn=True)]), work)
    work.tickets = [fourth]
    taken = await inbox.take()
    assert taken == [fourth]
    await inbox.done(taken)
    assert settled == ["torn"]


async def test_more_is_behind_a_full_frame() -> None:
    work = Waiting([ticket("d", 4, records=FRAME)])
    inbox = Inbox(OWN, work, Bus(), asyncio.Event(), Inboxes())
    await inbox.take()
    assert inbox.more


async def test_what_is_handed_over_is_taken_without_a_look_at_what_waits() -> None:
    work = Waiting()
    inbox = await inbox_after_its_first_look(Bus(), work)
    later, sooner = ticket("2"), ticket("1")
    assert inbox.hand(later)
    assert inbox.hand(sooner)
    assert await inbox.take() == [sooner, later]
    assert work.looks == 1


async def test_what_there_is_no_room_for_travels_too_and_what_waits_is_read_in_its_order() -> None:
    work = Waiting()
    inbox = await inbox_after_its_first_look(Bus(), work)
    work.tickets = [ticket(f"{number:02}") for number in range(MOST_COPIES + 2)]
    taken = [inbox.hand(each) for each in work.tickets[1:]]
    assert taken == [*[True] * MOST_COPIES, False]
    assert await inbox.take() == work.tickets
    assert work.looks == 2


async def test_there_is_no_room_for_many_bytes_either(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = await inbox_after_its_first_look(Bus(), Waiting())
    monkeypatch.setattr("common.runtime.inbox.MOST_BYTES", 1.5 * len(to_bytes(ticket("1"))))
    assert [inbox.hand(ticket(name)) for name in "123"] == [True, True, False]


async def test_without_the_bus_what_is_handed_over_is_read_where_it_waits() -> None:
    bus, work = Bus(), Waiting()
    inbox = await inbox_after_its_first_look(bus, work)
    bus.up = False
    assert not inbox.hand(ticket("1"))
    bus.up, work.tickets = True, [ticket("1"), ticket("2")]
    assert await inbox.take() == work.tickets


async def test_what_is_done_already_is_not_handed_over() -> None:
    inbox = await inbox_after_its_first_look(Bus(), Waiting())
    await inbox.done([ticket("1")])
    assert inbox.hand(ticket("1"))
    assert inbox.hand(ticket("c", 3))
    assert await inbox.take() == []


@dataclass
class Meanwhile(Waiting):
    """Something happens while it is `read`, or while it is `asked`."""

    read: Callable[[], None] = field(default=lambda: None)
    asked: Callable[[], None] = field(default=lambda: None)

    async def waiting_for(self, service: Service, partition: int, records: int) -> Sequence[Ticket]:
        self.read()
        return await super().waiting_for(service, partition, records)

    async def still_there(self, ids: Iterable[str]) -> set[str]:
        there = await super().still_there(ids)
        self.asked()
        return there


def hand(inbox: Inbox, each: Ticket) -> None:
    assert inbox.hand(each)


async def test_a_look_that_is_asked_for_during_another_is_not_forgotten() -> None:
    work = Meanwhile()
    inbox = await inbox_after_its_first_look(Bus(), work)
    work.read = inbox.look
    inbox.look()
    await inbox.take()
    assert inbox.more


async def test_what_is_handed_over_while_stale_copies_are_told_apart_is_kept() -> None:
    work = Meanwhile()
    inbox = await inbox_after_its_first_look(Bus([Copy(ticket("f", 6), [], "stray")]), work)
    fresh = ticket("1")
    work.asked = lambda: hand(inbox, fresh)
    inbox.look()
    assert await inbox.take() == []
    assert await inbox.take() == [fresh]


class Quiet(NoCourier):
    """A bus on which nothing comes."""

    def connected(self) -> bool:
        return True


async def test_tickets_are_handed_to_owners_here_and_only_while_they_are_owners() -> None:
    inboxes, mine, bell = Inboxes(), ticket("1"), asyncio.Event()
    elsewhere = mine.but(partition=1)
    inbox = Inbox(OWN, Waiting(), Quiet(), bell, inboxes)
    receiving = asyncio.create_task(inbox.receive())
    await asyncio.sleep(0)
    assert inboxes.hand([mine, elsewhere]) == [elsewhere]
    assert bell.is_set()
    receiving.cancel()
    await asyncio.wait([receiving])
    assert inboxes.hand([mine, elsewhere]) == [mine, elsewhere]


def test_an_owner_that_comes_again_is_not_cut_off_by_the_end_of_the_one_before() -> None:
    inboxes = Inboxes()
    before, again = (Inbox(OWN, Waiting(), Bus(), asyncio.Event(), inboxes) for _ in range(2))
    ending = ExitStack()
    ending.enter_context(inboxes.reached(OWN, before))
    with inboxes.reached(OWN, again):
        ending.close()
        assert inboxes.hand([ticket("1")]) == []
