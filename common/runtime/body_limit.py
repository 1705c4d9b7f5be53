"""Bodies of requests: how large, how slow, how much a process holds of them at a time, whatever headers promise."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.runtime.problems import Busy, Problem, TooLarge, TooSlow

STREAMED = frozenset({"/v1/attachments"})
"""Paths whose routes take the body piece by piece, up to a limit of their own."""

PATIENCE = 20.0
"""Seconds in which a body has to begin, and may come as slowly as it likes."""
SLOWEST = 20_000
"""Bytes a second, from then on."""
ROOM = 8
"""Bodies of the largest size for which there is room at a time; many more of the usual ones."""


class Pace:
    """When the rest of a body is given up."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()

    async def next(self, receive: Receive, taken: int) -> Message:
        """Raises `TooSlow`."""
        try:
            async with asyncio.timeout_at(self._began + PATIENCE + taken / SLOWEST):
                return await receive()
        except TimeoutError:
            raise TooSlow(PATIENCE, SLOWEST) from None


class BodyLimit:
    """ASGI middleware: takes the body in before the application does; one past `limit` bytes is refused."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._room = ROOM * limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in STREAMED:
            await self._app(scope, paced(receive), send)
        else:
            try:
                async with self._taken(scope, receive) as body:
                    if body is not None:
                        await self._app(scope, again(body, receive), send)
            except Refusal as refusal:
                await refuse(refusal.problem, scope, receive, send)

    @asynccontextmanager
    async def _taken(self, scope: Scope, receive: Receive) -> AsyncGenerator[bytes | None]:
        """The whole body, which takes up room until all is answered; `None`: the client left. Raises `Refusal`."""
        if declared(scope) > self._limit:
            raise Refusal(TooLarge(self._limit))
        body, pace, held = bytearray(), Pace(), 0
        try:
            more = True
            while more:
                message = await next_piece(pace, receive, len(body))
                if message["type"] == "http.disconnect":
                    yield None
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
                self._room -= len(body) - held
                held = len(body)
                if held > self._limit:
                    raise Refusal(TooLarge(self._limit))
                if self._room < 0:
                    raise Refusal(Busy("too much is being taken in at the moment", retry_after=1))
            yield bytes(body)
        finally:
            self._room += held


class Refusal(Exception):
    """Before the application was asked."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


async def next_piece(pace: Pace, receive: Receive, taken: int) -> Message:
    try:
        return await pace.next(receive, taken)
    except TooSlow as slow:
        raise Refusal(slow) from None


async def refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem.response()
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


def declared(scope: Scope) -> int:
    """The length the client announced; 0 when it did not, or not as a number."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() and len(value) < 20 else 0


def again(body: bytes, receive: Receive) -> Receive:
    """Hands the body out once, then listens to the client as before."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


def paced(receive: Receive) -> Receive:
    """The same messages, which have to come in time until the body has ended; raises `TooSlow`."""
    pace, taken, whole = Pace(), 0, False

    async def next_message() -> Message:
        nonlocal taken, whole
        if whole:
            return await receive()
        message = await pace.next(receive, taken)
        taken += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        return message

    return next_message
