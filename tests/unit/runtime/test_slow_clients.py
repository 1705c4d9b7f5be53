"""A client that is slow, large or no client at all, on a real socket."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from fastapi import APIRouter, Request

from common.runtime import body_limit, patient_protocol
from common.runtime.keys import KeyRing
from common.runtime.patient_protocol import PatientProtocol
from common.runtime.serve import App, QuietServer, api, listen
from common.runtime.settings import Settings

HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class NoKeys:
    async def find(self, sha256: str) -> None:
        return None


def app() -> App:
    routes = APIRouter()

    @routes.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @routes.post("/v1/attachments")
    async def streamed(request: Request) -> int:
        return sum([len(piece) async for piece in request.stream()])

    return App(name="test", routers=[routes], keys=KeyRing(NoKeys()))  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(patient_protocol, "PATIENCE", 0.2)
    monkeypatch.setattr(body_limit, "PATIENCE", 0.2)
    settings = Settings(port=0, body_limit=10_000)
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(api(app(), settings), log_config=None, lifespan="off", http=PatientProtocol)
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


async def answered(port: int, *pieces: bytes, pause: float = 0.0) -> tuple[int, dict[str, object]]:
    """Status and problem of what comes back before the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(pause)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status = int(head.split()[1])
    if status >= 400:
        assert b"application/problem+json" in head.lower()
    told = json.loads(body)
    return status, told if isinstance(told, dict) else {"value": told}


async def test_a_head_that_does_not_come_is_given_up(port: int) -> None:
    status, told = await answered(port, b"POST /echo HTTP/1.1\r\n", b"Host: localhost\r\n")
    assert (status, told["type"]) == (408, "urn:headrace:problem:no-head")


async def test_a_head_that_comes_byte_by_byte_is_given_up_after_an_answer_too(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 2\r\n\r\n12")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    for byte in b"POST /":
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.read()
    writer.close()


@pytest.mark.parametrize("path", [b"/echo", b"/v1/attachments"])
async def test_a_body_that_stops_coming_is_given_up(port: int, path: bytes) -> None:
    head = HEAD.replace(b"/echo", path) + b"Connection: close\r\nContent-Length: 9000\r\n\r\n"
    status, told = await answered(port, head, b"x" * 10)
    assert (status, told["type"]) == (408, "urn:headrace:problem:too-slow")


async def test_a_slow_body_that_keeps_its_pace_is_taken(port: int) -> None:
    head = HEAD + b"Connection: close\r\nContent-Length: 9000\r\n\r\n"
    assert await answered(port, head, *[b"x" * 1000] * 9, pause=0.03) == (200, {"value": 9000})


@pytest.mark.parametrize(
    "request_", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"GET\r\n\r\n"]
)
async def test_what_is_no_http_is_told_so(port: int, request_: bytes) -> None:
    status, told = await answered(port, request_)
    assert (status, told["type"]) == (400, "urn:headrace:problem:malformed")


async def test_bodies_find_no_room_where_there_are_too_many_at_a_time(port: int) -> None:
    held = []
    for _ in range(body_limit.ROOM):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 10000\r\n\r\n" + b"x" * 9_990)
        held.append(writer)
    await asyncio.sleep(0.05)
    status, told = await answered(port, HEAD + b"Content-Length: 9999\r\n\r\n" + b"x" * 9_999)
    assert (status, told["type"]) == (503, "urn:headrace:problem:unavailable")
    for writer in held:
        writer.close()
    await asyncio.sleep(0.05)
    head = HEAD + b"Connection: close\r\nContent-Length: 9000\r\n\r\n"
    assert (await answered(port, head + b"x" * 9_000))[0] == 200


async def test_a_packed_body_is_never_unpacked(port: int) -> None:
    bomb = gzip.compress(b"[" * 50_000_000)[:9_000]
    head = f"Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    assert await answered(port, HEAD + head.encode() + bomb) == (200, {"value": len(bomb)})


async def test_every_answer_tells_browsers_to_run_nothing(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    head = (await reader.read()).lower()
    assert b"x-content-type-options: nosniff" in head
    assert b"content-security-policy: default-src 'none'" in head
    writer.close()
