"""Attachments as they stand in a mail: encoded once, and lent to every mail that carries them."""

import asyncio
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP

from common.adapters.mail.mime import MIXED
from common.domain.attachment import Attachment
from common.ports import Attachments, Unsendable

LINE_BYTES = 57
"""Which make a line of 76 characters (RFC 2045, 6.8)."""
KEPT_BYTES = 100_000_000
END = f"\r\n--{MIXED}--\r\n".encode()


class Enclosures:
    """Keeps those used last, of so many encoded bytes together; never more than one is read at a time."""

    def __init__(self, files: Attachments, most: int = KEPT_BYTES) -> None:
        self._files = files
        self._most = most
        self._kept: OrderedDict[tuple[Attachment, ...], bytes] = OrderedDict()
        self._reading = asyncio.Lock()

    async def of(self, attachments: Sequence[Attachment]) -> bytes:
        """What follows the bodies of a mail, to its end; nothing without attachments. Raises `Unavailable`, and
        `Unsendable` when a file is gone."""
        if not attachments:
            return b""
        key = tuple(attachments)
        async with self._reading:
            if key not in self._kept:
                encoded = [await self._encoded(each) for each in key]
                self._kept[key] = b"".join([*encoded, END])
            self._kept.move_to_end(key)
            found = self._kept[key]
            self._make_room()
        return found

    def _make_room(self) -> None:
        while sum(map(len, self._kept.values())) > self._most:
            self._kept.popitem(last=False)

    async def _encoded(self, attachment: Attachment) -> bytes:
        pieces = [piece async for piece in self._files.read(attachment.file)]
        known = await self._files.many([attachment.file])
        if attachment.file not in known:
            raise Unsendable(f"the attachment {attachment.name!r} is gone")
        return await asyncio.to_thread(part, attachment, b"".join(pieces))


def part(attachment: Attachment, content: bytes) -> bytes:
    return b"".join([f"\r\n--{MIXED}\r\n".encode(), head(attachment), b"\r\n".join(lines(content))])


def head(attachment: Attachment) -> bytes:
    """The headers of one attachment with the empty line behind them; names are encoded by the library (RFC 2231)."""
    told = EmailMessage(policy=SMTP)
    main, _, sub = attachment.type.partition("/")
    told.set_content(b"", main, sub, cte="base64", disposition="attachment", filename=attachment.name)
    return told.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def lines(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), LINE_BYTES):
        yield b64encode(content[start : start + LINE_BYTES])
