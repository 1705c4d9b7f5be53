"""A limit on the size of requests, held whatever their headers promise."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.runtime.problems import TooLarge

STREAMED = frozenset({"/v1/attachments"})
"""Paths whose routes take the body piece by piece, up to a limit of their own."""


class BodyLimit:
    """ASGI middleware: takes the body in before the application does; one past `limit` bytes is refused."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
        elif declared(scope) > self._limit:
            await self._refuse(scope, receive, send)
        else:
            await self._take(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                await self._refuse(scope, receive, send)
                return
        await self._app(scope, again(bytes(body), receive), send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = TooLarge(self._limit).response()
        response.headers["Connection"] = "close"
        await response(scope, receive, send)


def declared(scope: Scope) -> int:
    """The length the client announced; 0 when it did not, or not as a number."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def again(body: bytes, receive: Receive) -> Receive:
    """Hands the body out once, then listens to the client as before."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
