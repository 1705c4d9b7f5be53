"""Long work in pieces: whoever else waits for the event loop has its turn in between."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain, islice
from time import perf_counter
from typing import TypeVar

PIECE_SECONDS = 0.003
"""Mails and requests share the loop with what is decided, and come back to it a dozen times each."""

Thing = TypeVar("Thing")


async def in_pieces(things: Iterable[Thing]) -> AsyncIterator[Iterator[Thing]]:
    """The same things, one after the other, in pieces that take a few milliseconds each, between which others have
    their turn. Each piece has to be used up before the next is asked for."""
    waiting = iter(things)
    first = list(islice(waiting, 1))
    while first:
        yield _piece(chain(first, waiting))
        if first := list(islice(waiting, 1)):
            await asyncio.sleep(0)


def _piece(things: Iterator[Thing]) -> Iterator[Thing]:
    until = perf_counter() + PIECE_SECONDS
    for thing in things:
        yield thing
        if perf_counter() >= until:
            return
