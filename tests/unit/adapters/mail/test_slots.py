"""Connections are shared out in handfuls, so that messages share transactions."""

import asyncio

from common.adapters.mail.channel import ConnectionSlots


async def test_who_waits_gets_all_that_come_free_together() -> None:
    slots = ConnectionSlots(4)
    assert await slots.take(9) == 4
    waiting = [asyncio.create_task(slots.take(3)) for _ in range(2)]
    await asyncio.sleep(0)
    slots.give_back(4)
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0.01)
    assert sorted(task.result() for task in waiting) == [1, 3]


async def test_nobody_gets_more_than_there_are() -> None:
    slots = ConnectionSlots(2)
    assert [await slots.take(1), await slots.take(5)] == [1, 1]
    third = asyncio.create_task(slots.take(1))
    await asyncio.sleep(0.01)
    assert not third.done()
    slots.give_back(1)
    assert await third == 1
