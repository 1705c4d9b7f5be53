"""How parent and child speak: JSON, each message behind its length in four bytes."""

import asyncio
import json
from typing import IO, Any

LENGTH = 4
LONGEST = 64_000_000


class Garbled(Exception):
    """What came is no message."""


def pack(message: Any) -> bytes:
    body = json.dumps(message).encode()
    return len(body).to_bytes(LENGTH, "big") + body


def _length(head: bytes) -> int:
    length = int.from_bytes(head, "big")
    if length > LONGEST:
        raise Garbled(f"a message of {length} bytes")
    return length


def _unpack(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Garbled(str(error)) from error


async def read(stream: asyncio.StreamReader) -> Any:
    """The next message. Raises `EOFError` at the end and `Garbled` for anything else."""
    return _unpack(await stream.readexactly(_length(await stream.readexactly(LENGTH))))


def read_blocking(stream: IO[bytes]) -> Any:
    """The same, from a pipe."""
    return _unpack(_exactly(stream, _length(_exactly(stream, LENGTH))))


def _exactly(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found
