"""The matcher with its child process, which is killed, stopped and replaced in the middle of its work."""

import asyncio
import gc
import os
import signal
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from common.adapters.rules.matcher import DurableRulesMatcher, is_available
from common.adapters.rules.rules_process import Trouble
from common.domain.flow_book import ANY, FlowBook
from common.domain.open_flow import Use
from common.ports import Happening
from tests.support.flows import START, a_flow, line
from tests.support.rules import rules_processes

pytestmark = pytest.mark.skipif(not is_available(), reason="durable_rules can't be imported here")

USES = (Use.TRIGGER, Use.CRITERION)
COUNTRIES = ("DE", "SE", "US", "FR", "IT")
READY_THEN_GARBAGE = """
import sys
from common.adapters.rules.wire import pack, read_blocking
for answer in (pack("ready"), b"\\0\\0\\0\\5hello", b""):
    read_blocking(sys.stdin.buffer)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
"""
WRONG_ANSWERS = """
import sys
from common.adapters.rules.wire import pack, read_blocking
read_blocking(sys.stdin.buffer)
for answer in ("ready", {"number": 1, "found": [["r0", "no such rule"]]}):
    sys.stdout.buffer.write(pack(answer))
    sys.stdout.buffer.flush()
    read_blocking(sys.stdin.buffer)
"""


def book(epoch: int, flows: int = 200, version: int = 1) -> FlowBook:
    """Flows that orders start, each for one country and from one amount on; what starts them is success, too."""
    opened = []
    for number in range(flows):
        country = line("contact.country", "is", COUNTRIES[number % len(COUNTRIES)])
        amount = line("event.amount", "ge", number, "number")
        trigger = {"kind": "order_placed", "conditions": [country, amount]}
        flow = a_flow().triggered_by(trigger).succeeding_by(trigger)
        opened.append(flow.open(flow_id=f"flow-{number}", version=version))
    return FlowBook(epoch, opened)


def orders(count: int = 20) -> list[Happening]:
    return [
        Happening("order.placed", {"contact.country": COUNTRIES[n % 5].lower(), "event.amount": n * 7.5})
        for n in range(count)
    ]


class World:
    """A matcher, and what it told of failures."""

    def __init__(self, matcher: DurableRulesMatcher, alarms: list[Trouble]) -> None:
        self.matcher = matcher
        self.alarms = alarms

    async def ready_for(self, flows: FlowBook) -> None:
        """Until a child knows these flows."""
        async with asyncio.timeout(30):
            while not self._is_ready_for(flows):  # noqa: ASYNC110 - a child is built meanwhile
                await asyncio.sleep(0.01)

    def _is_ready_for(self, flows: FlowBook) -> bool:
        return self.matcher.wants(flows) and self.matcher.epoch == flows.epoch

    async def asked(self, flows: FlowBook, events: Sequence[Happening]) -> list[Any]:
        """What the matcher knows; checked against the flow book without it."""
        known = await self.matcher.candidates(flows, events)
        for event, candidates in zip(events, known, strict=True):
            plain = flows.triggers(event.type, event.facts, START)
            assert flows.triggers(event.type, event.facts, START, candidates) == plain
            concerned = flows.concerned(event.type, event.facts, candidates)
            assert {match.flow.id for match in plain} <= {flow.id for flow in concerned}
        return list(known)


@asynccontextmanager
async def a_matcher(minimum: int = 100, **settings: Any) -> AsyncIterator[World]:
    alarms: list[Trouble] = []
    matcher = DurableRulesMatcher(minimum, alarms.append, **{"settling": 0.01, "patience": 0.5} | settings)
    try:
        yield World(matcher, alarms)
    finally:
        await matcher.close()
        assert not rules_processes()


async def test_a_thousand_flows_are_narrowed_down_to_those_that_match() -> None:
    flows = book(1, flows=1000)
    async with a_matcher() as world:
        await world.ready_for(flows)
        events = orders(50)
        for event, candidates in zip(events, await world.asked(flows, events), strict=True):
            matched = len(flows.triggers(event.type, event.facts, START))
            assert {group.use: len(keys) for group, keys in candidates.items()} == dict.fromkeys(
                USES, matched
            )
        assert world.alarms == []


async def test_few_flows_are_not_worth_a_process() -> None:
    async with a_matcher(minimum=201) as world:
        assert not world.matcher.wants(book(1, flows=200))
        await asyncio.sleep(0.05)
        assert not rules_processes()


async def test_until_the_child_is_built_nobody_is_left_out() -> None:
    flows = book(1)
    async with a_matcher() as world:
        assert not world.matcher.wants(flows)
        assert await world.asked(flows, orders()) == [ANY] * 20


async def test_a_killed_child_costs_no_event_and_is_replaced() -> None:
    flows = book(1)
    async with a_matcher(patience=10) as world:
        await world.ready_for(flows)
        pid = world.matcher.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        asking = asyncio.create_task(world.asked(flows, orders()))
        await asyncio.sleep(0.1)
        assert not asking.done()
        os.kill(pid, signal.SIGKILL)
        assert await asking == [ANY] * 20
        assert world.alarms == [Trouble.CRASHED]
        await world.ready_for(flows)
        assert world.matcher.pid != pid
        assert ANY not in await world.asked(flows, orders())


async def test_a_child_that_hangs_is_given_up_after_a_time() -> None:
    flows = book(1)
    async with a_matcher(patience=0.1) as world:
        await world.ready_for(flows)
        pid = world.matcher.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        assert await world.asked(flows, orders()) == [ANY] * 20
        assert world.alarms == [Trouble.HUNG]
        assert pid not in rules_processes()
        await world.ready_for(flows)
        assert ANY not in await world.asked(flows, orders())


@pytest.mark.parametrize("script", [READY_THEN_GARBAGE, WRONG_ANSWERS])
async def test_garbage_is_not_believed(script: str) -> None:
    flows = book(1)
    async with a_matcher(command=(sys.executable, "-c", script)) as world:
        await world.ready_for(flows)
        assert await world.asked(flows, orders()) == [ANY] * 20
        assert world.alarms == [Trouble.GARBLED]


async def test_several_who_ask_at_once_lose_one_child_and_hear_one_alarm() -> None:
    flows = book(1)
    async with a_matcher() as world:
        await world.ready_for(flows)
        os.kill(world.matcher.pid or 0, signal.SIGKILL)
        for answers in await asyncio.gather(*(world.asked(flows, orders()) for _ in range(8))):
            assert answers == [ANY] * 20
        assert world.alarms == [Trouble.CRASHED]


async def test_a_child_that_can_t_be_built_leaves_the_closures_to_it(tmp_path: Path) -> None:
    flows = book(1)
    async with a_matcher(command=(str(tmp_path / "nothing"),)) as world:
        for _ in range(20):
            assert not world.matcher.wants(flows)
            await asyncio.sleep(0.02)
        assert world.alarms
        assert len(world.alarms) < 10
        assert await world.asked(flows, orders()) == [ANY] * 20


async def test_a_flow_that_the_child_does_not_know_yet_counts_as_a_candidate() -> None:
    before, after = book(1, flows=150), book(2, flows=200)
    async with a_matcher(settling=60) as world:
        world.matcher._settling = 0.01
        await world.ready_for(before)
        world.matcher._settling = 60
        assert world.matcher.wants(after)
        for candidates in await world.asked(after, orders()):
            for group, keys in candidates.items():
                assert {f"{group.use}:flow-{number}:1:0" for number in range(150, 200)} <= set(keys)
                assert len(keys) < 200
        changed = book(3, flows=200, version=2)
        for candidates in await world.asked(changed, orders()):
            for keys in candidates.values():
                assert len([key for key in keys if ":2:" in key]) == 200


async def test_memory_is_flat_over_a_thousand_changes_of_flows(tracing: None) -> None:
    async with a_matcher(minimum=50, settling=0.1) as world:
        await world.ready_for(book(1, flows=60))
        first = rules_processes()
        seen: set[int] = set()
        kept: list[int] = []
        for epoch in range(2, 1002):
            flows = (
                book(epoch, flows=60, version=epoch) if epoch % 50 == 0 else FlowBook(epoch, flows_of(epoch))
            )
            assert world.matcher.wants(flows)
            if epoch % 50 == 0:
                await world.ready_for(flows)
                await world.asked(flows, orders())
                running = rules_processes()
                seen |= set(running)
                assert len(running) <= 2
                kept += kept_by_this_process(since=500, now=epoch)
        assert len(seen) >= 20
        (last,) = rules_processes().values()
        assert last < 1.2 * max(first.values())
        assert len(kept) == 10
        # What is noise is some 100 kB; a book that were kept for each change would be a multiple of it.
        assert min(kept[-3:]) - max(kept[:3]) < 100_000, f"the parent grows: {kept}"


def kept_by_this_process(*, since: int, now: int) -> list[int]:
    """Bytes of what Python has made since that change of flows and still holds; nothing before it."""
    if now == since:
        tracemalloc.start()
    gc.collect()
    return [tracemalloc.get_traced_memory()[0]] if now > since else []


@pytest.fixture
def tracing() -> Iterator[None]:
    yield
    tracemalloc.stop()


_SAME = list(book(0, flows=60))


def flows_of(epoch: int) -> list[Any]:
    """The same flows but one, which is run anew."""
    anew = a_flow().open(flow_id="flow-0", version=epoch)
    return [anew, *_SAME[1:]]
