"""One request and its answer over HTTP, with an exact word on whether anything has left."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

LEFT = "send_request_headers.started"
"""httpcore's name for the moment from which on the other side may have seen something."""


class NotReached(Exception):
    """Nothing has left."""


class NoAnswer(Exception):
    """It has left, and no whole answer came."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked. `timeout`: hard limit for everything, in seconds; `most_bytes` of the answer are read."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes
    timeout: float
    most_bytes: int = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` may be cut off at the limit of its call."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Its beginning in one line, for people."""
        return " ".join(self.body.decode("utf-8", "replace").split())[:300]


@dataclass(slots=True)
class Progress:
    """How far one request has got."""

    left: bool = False

    async def follow(self, event: str, info: dict[str, Any]) -> None:
        self.left = self.left or event.endswith(LEFT)


async def exchange(client: httpx.AsyncClient, call: Call) -> Answer:
    """Raises `NotReached` and `NoAnswer`; redirects are answers like any other."""
    progress = Progress()
    try:
        async with asyncio.timeout(call.timeout):
            return await _exchange(client, call, progress)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, TimeoutError) as error:
        text = str(error) or type(error).__name__
        raise (NoAnswer if progress.left else NotReached)(text[:300]) from error


async def _exchange(client: httpx.AsyncClient, call: Call, progress: Progress) -> Answer:
    request = client.build_request(
        call.method,
        call.url,
        headers=dict(call.headers),
        content=call.content,
        extensions={"trace": progress.follow, "timeout": httpx.Timeout(call.timeout).as_dict()},
    )
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        return Answer(answer.status_code, dict(answer.headers), await _beginning(answer, call.most_bytes))
    finally:
        await answer.aclose()


async def _beginning(answer: httpx.Response, most: int) -> bytes:
    """As it came, not unpacked: a small answer can unpack to a huge one."""
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= most:
            break
    return bytes(read[:most])
