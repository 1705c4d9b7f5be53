"""The driver's waits on conditions, mended for Python 3.11.

There `asyncio.wait_for` waits in a task of its own. Cancelled while that task is on its way back to the lock, the
waiter leaves without it: the lock stays taken by nobody, and every later call of the client waits for ever. From
Python 3.12 on `wait_for` waits where it stands, which is what is done here.
"""

import asyncio
import sys
from typing import Any

from pymongo import lock
from pymongo.asynchronous import pool, topology

NAME = "_async_cond_wait"


async def wait_in_place(condition: lock.Condition, seconds: float | None) -> bool:
    """Whether it was notified within that time; comes back with the lock, however it comes back."""
    try:
        async with asyncio.timeout(seconds):
            return await condition.wait()
    except TimeoutError:
        return False


def mend() -> None:
    """Raises `AttributeError` where the driver waits by another name: then look whether it still needs this."""
    if sys.version_info >= (3, 12):
        return
    modules: tuple[Any, ...] = (topology, pool)
    for module in modules:
        getattr(module, NAME)
        setattr(module, NAME, wait_in_place)
