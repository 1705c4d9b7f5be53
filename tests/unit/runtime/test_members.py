"""Who takes what, over partitions kept in memory."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from common.messages.topology import Service
from common.ports import Ownership, Unavailable
from common.runtime.members import Membership
from common.runtime.parking import ParkingLimit

COUNT = 4


@dataclass
class Rows:
    """`common.ports.Partitions` of one service."""

    members: list[str] = field(default_factory=list)
    owners: dict[int, str] = field(default_factory=dict)
    tokens: dict[int, int] = field(default_factory=dict)
    refusing: set[int] = field(default_factory=set)
    raised: list[int] = field(default_factory=list)

    async def ensure(self, count: int) -> int:
        return count

    async def beat(self, member: str, services: Collection[Service], lease: float) -> None:
        self.members = sorted({*self.members, member})

    async def leave(self, member: str) -> None:
        self.members.remove(member)

    async def bury(self) -> None:
        return None

    async def live(self, service: Service) -> Sequence[str]:
        return list(self.members)

    async def acquire(self, service: Service, partition: int, member: str) -> Ownership | None:
        if partition in self.refusing:
            raise Unavailable("MongoDB")
        if self.owners.get(partition, member) not in (member, *set(self.owners.values()) - set(self.members)):
            return None
        self.owners[partition] = member
        return self.own(partition)

    def own(self, partition: int) -> Ownership:
        self.tokens[partition] = self.tokens.get(partition, 0) + 1
        return Ownership(Service.TRIGGER, partition, self.tokens[partition], epoch=0, applied=0, last=None)

    async def owned_by(self, member: str) -> Sequence[Ownership]:
        return [
            Ownership(Service.TRIGGER, p, self.tokens[p], epoch=0, applied=0, last=None)
            for p, owner in self.owners.items()
            if owner == member
        ]

    async def look(self, service: Service, partition: int) -> tuple[int, int]:
        return self.tokens[partition], 0

    async def release(self, service: Service, partition: int, token: int) -> None:
        if self.tokens[partition] == token:
            del self.owners[partition]

    async def raise_epoch(self, epoch: int) -> None:
        self.raised.append(epoch)


class IdleLoop:
    def __init__(self) -> None:
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        await self._stopped.wait()

    def stop(self) -> None:
        self._stopped.set()


async def epoch() -> int:
    return 7


@asynccontextmanager
async def member(name: str, rows: Rows, limit: ParkingLimit | None = None) -> AsyncIterator[Membership]:
    loops = {Service.TRIGGER: lambda own: IdleLoop()}
    membership = Membership(name, rows, COUNT, loops, limit or ParkingLimit(), epoch)
    stopping = asyncio.Event()
    running = asyncio.create_task(membership.run(stopping))
    yield membership
    stopping.set()
    await running


async def until_owned(membership: Membership, *partitions: int) -> None:
    async with asyncio.timeout(5):
        while True:
            if membership.owned == [(Service.TRIGGER, partition) for partition in partitions]:
                return
            await asyncio.sleep(0.01)


async def test_one_alone_takes_all_and_hands_all_over_at_the_end() -> None:
    rows = Rows()
    async with member("a", rows) as alone:
        await until_owned(alone, 0, 1, 2, 3)
        assert await alone.check() is None
    assert rows.owners == {}
    assert rows.members == []


async def test_two_share_and_the_one_who_stays_takes_over() -> None:
    rows = Rows()
    async with member("a", rows) as first:
        await until_owned(first, 0, 1, 2, 3)
        async with member("b", rows) as second:
            await until_owned(second, 1, 3)
            await until_owned(first, 0, 2)
        await until_owned(first, 0, 1, 2, 3)


async def test_one_partition_that_cannot_be_had_keeps_no_other_waiting() -> None:
    rows = Rows(refusing={2})
    async with member("a", rows) as alone:
        await until_owned(alone, 0, 1, 3)
        rows.refusing.clear()
        await until_owned(alone, 0, 1, 2, 3)


async def test_what_is_in_its_name_but_not_in_its_hands_is_released() -> None:
    rows = Rows(members=["b"], owners={1: "a"}, tokens={1: 5})
    async with member("a", rows) as first:
        await until_owned(first, 0, 2)
        assert 1 not in rows.owners, "partition 1 falls to b, which could never take it"


async def test_what_others_took_while_it_slept_is_taken_anew_though_its_loops_have_not_noticed() -> None:
    rows = Rows()
    async with member("a", rows) as sleeper:
        await until_owned(sleeper, 0, 1, 2, 3)
        del rows.owners[1]  # another has taken it, and handed it back
        rows.own(1)
        before = rows.tokens[1]
        async with asyncio.timeout(5):
            while rows.owners.get(1) != "a" or rows.tokens[1] == before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await until_owned(sleeper, 0, 1, 2, 3)


async def test_an_act_left_unfinished_is_finished() -> None:
    rows = Rows()
    async with member("a", rows) as alone:
        await until_owned(alone, 0, 1, 2, 3)
    assert rows.raised == [7]


async def test_after_too_many_were_parked_it_gives_up_and_stays_unready() -> None:
    rows, limit = Rows(), ParkingLimit()
    async with member("a", rows, limit) as alone:
        await until_owned(alone, 0, 1, 2, 3)
        limit.exceeded = True
        await until_owned(alone)
        assert "too many" in (await alone.check() or "")
        assert rows.owners == {}
