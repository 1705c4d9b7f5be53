"""Answers within a bound: what is done in time is answered, what is not is cut short without waiting for it."""

import asyncio
from time import monotonic

import pytest

from common.ports import Unavailable
from common.runtime.answer_in_time import ABANDONED, within


async def test_what_is_done_in_time_is_answered() -> None:
    async def work() -> str:
        return "done"

    assert await within(1, work()) == "done"


async def test_what_goes_wrong_in_time_is_told_as_it_is() -> None:
    async def work() -> None:
        raise LookupError("nowhere")

    with pytest.raises(LookupError, match="nowhere"):
        await within(1, work())


async def test_nobody_waits_for_what_is_cut_short_to_clear_away() -> None:
    cleared = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await cleared.wait()
            raise OSError("it broke while it cleared away")

    began = monotonic()
    with pytest.raises(Unavailable):
        await within(0.01, work())
    assert monotonic() - began < 1
    (left,) = ABANDONED
    cleared.set()
    await asyncio.wait([left])
    await asyncio.sleep(0)
    assert not ABANDONED


async def test_whoever_gives_up_waiting_cuts_the_work_short() -> None:
    cut = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    asker = asyncio.create_task(within(60, work()))
    await asyncio.sleep(0.01)
    asker.cancel()
    await asyncio.wait_for(cut.wait(), 1)
    with pytest.raises(asyncio.CancelledError):
        await asker
