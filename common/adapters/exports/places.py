"""Where scheduled exports go: a folder, or a bucket of an S3-like store. A file appears whole, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Protocol

SCHEME = "s3://"


class PlaceTrouble(Exception):
    """The place can't be written to now; the text says why."""


class Place(Protocol):
    async def put(self, name: str, pieces: AsyncIterator[bytes]) -> int:
        """Write a file, over an older one of that name; how many bytes it has. Raises `PlaceTrouble`, and whatever
        the pieces raise: then nothing has changed."""
        ...


def place(address: str) -> Place:
    """Raises `PlaceTrouble` for a bucket without the extra that speaks to it."""
    return Bucket(address) if address.startswith(SCHEME) else Folder(Path(address))


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, pieces: AsyncIterator[bytes]) -> int:
        target = self._root / name
        part = target.with_name(f".{target.name}.part")
        try:
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
            with part.open("wb") as file:
                size = await written(file, pieces)
            await asyncio.to_thread(part.replace, target)
        except OSError as error:
            raise PlaceTrouble(f"can't write {target}: {error.strerror}") from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return size


class Bucket:
    """`s3://bucket/prefix`, keys and region from the environment as the tools of that world have it; behind a `?`,
    `endpoint_override=` names another store that speaks S3. Files are made on this machine first: what is closed
    halfway would be there as if it were whole."""

    def __init__(self, address: str) -> None:
        try:
            from pyarrow import fs
        except ImportError:
            raise PlaceTrouble("a bucket needs the extra headrace[parquet]") from None
        self._files, root = fs.FileSystem.from_uri(address)
        self._root = root.rstrip("/")

    async def put(self, name: str, pieces: AsyncIterator[bytes]) -> int:
        try:
            with TemporaryFile() as file:
                size = await written(file, pieces)
                file.seek(0)
                await asyncio.to_thread(self._upload, f"{self._root}/{name}", file)
        except OSError as error:
            raise PlaceTrouble(f"can't write {name} to {self._root}: {error}") from error
        return size

    def _upload(self, name: str, file: BinaryIO) -> None:
        with self._files.open_output_stream(name) as stream:
            stream.upload(file)


async def written(file: Any, pieces: AsyncIterator[bytes]) -> int:
    size = 0
    async for piece in pieces:
        await asyncio.to_thread(file.write, piece)
        size += len(piece)
    return size


async def piece_of(data: bytes) -> AsyncIterator[bytes]:
    """A small file in one piece."""
    yield data
