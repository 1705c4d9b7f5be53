"""Routes that answer within a bound, whatever they wait for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from common.ports import Unavailable

SECONDS = 2.6
"""After which a sender is told to come again. A body is taken in before, at a pace of its own."""

Answer = TypeVar("Answer")


class RouteInTime(APIRoute):
    """Answered within `SECONDS`, its keys, its right to see and its work together; else 503 with `Retry-After`.

    A server that hangs keeps the driver waiting for as long as an operation may take, and once more when what was
    cut short is undone: neither may hold up the answer. What became of the work is then unknown, as with every
    503; it is known by its id when it comes again.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def in_time(request: Request) -> Response:
            return await within(SECONDS, handle(request))

        return in_time


async def within(seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work comes to. Raises `Unavailable` when time is up, without waiting for the work to clear away."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=seconds)
        if not task.done():
            raise Unavailable("the database")
        return task.result()
    finally:
        if not task.done():
            abandon(task)


def abandon(task: "asyncio.Task[Any]") -> None:
    """Cancelled, and kept until it has cleared away: the loop alone would let go of it."""
    ABANDONED.add(task)
    task.add_done_callback(cleared_away)
    task.cancel()


def cleared_away(task: "asyncio.Task[Any]") -> None:
    ABANDONED.discard(task)
    if not task.cancelled():
        task.exception()  # the answer is given; asked for, lest the loop complains that nobody did


ABANDONED: set["asyncio.Task[Any]"] = set()
