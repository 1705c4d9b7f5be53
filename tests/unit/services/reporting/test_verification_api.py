"""Whoever waits for a check hears that it goes on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.reporting.verification import Begun, Checked
from services.reporting.verification_api import with_signs_of_life

LOOKS = [Begun(2, ["one"]), Begun(2, ["one", "other"])]


async def looks(closed: list[str], waits: asyncio.Event) -> AsyncGenerator[Checked]:
    try:
        yield LOOKS[0]
        await waits.wait()
        yield LOOKS[1]
    finally:
        closed.append("closed")


async def test_a_long_look_is_told_of_until_it_is_over_and_none_is_lost() -> None:
    over, heard = asyncio.Event(), []
    async for each in with_signs_of_life(looks([], over), 0.001):
        heard.append(each)
        if len(heard) == 4:
            over.set()
    assert heard[:4] == [LOOKS[0], None, None, None]
    assert [each for each in heard if each is not None] == LOOKS


async def test_who_stops_listening_ends_the_look() -> None:
    closed: list[str] = []
    async with aclosing(with_signs_of_life(looks(closed, asyncio.Event()), 0.001)) as heard:
        async for each in heard:
            if each is None:
                break
    await asyncio.sleep(0)
    assert closed == ["closed"]
