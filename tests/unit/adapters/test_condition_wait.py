"""A wait on a condition that is cut short leaves the lock free."""

import asyncio

import pytest
from pymongo.asynchronous import pool, topology
from pymongo.lock import Condition, Lock

from common.adapters.mongo import client
from common.adapters.mongo.condition_wait import wait_in_place

assert client, "importing it mends the driver"


@pytest.mark.parametrize("module", [topology, pool])
async def test_the_driver_s_waits_leave_no_lock_behind_when_they_are_cancelled_on_their_way_out(module):
    lock = Lock()
    condition = Condition(lock)

    async def wait() -> None:
        async with lock:
            await module._async_cond_wait(condition, 0.01)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    await lock.acquire()  # while its time runs out, so that it has to wait for its way back
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.sleep(0)
    lock.release()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.01)
    assert not lock.locked()


async def test_who_is_notified_in_time_is_told_apart_from_who_is_not():
    lock = Lock()
    condition = Condition(lock)

    async def wait(seconds: float) -> bool:
        async with lock:
            return await wait_in_place(condition, seconds)

    waiting = [asyncio.create_task(wait(seconds)) for seconds in (0.01, 60)]
    await asyncio.sleep(0.05)
    async with lock:
        condition.notify_all()
    assert await asyncio.gather(*waiting) == [False, True]
