"""Long work in pieces: whoever else waits for the event loop has its turn in between."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from time import perf_counter
from typing import TypeVar

PIECE_SECONDS = 0.003
"""Mails and requests share the loop with what is decided, and come back to it a dozen times each."""

Thing = TypeVar("Thing")


async def in_pieces(things: Iterable[Thing]) -> AsyncIterator[Thing]:
    """The same things, one after the other; after each few milliseconds others go first."""
    until = perf_counter() + PIECE_SECONDS
    for thing in things:
        if perf_counter() >= until:
            await asyncio.sleep(0)
            until = perf_counter() + PIECE_SECONDS
        yield thing
