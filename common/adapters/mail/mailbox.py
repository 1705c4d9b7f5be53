"""A mail server for trying out: takes every mail, delivers none, and keeps the last ones for a page."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import islice
from typing import Any

from aiosmtpd.smtp import SMTP

LARGEST_MAIL = 40_000_000
"""With all attachments that a mail may have, encoded."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as it came. `number` counts from 1; `received_at` is machine time."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail taken apart for a reader. `date` is what it says itself: business time."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    date: str
    message_id: str
    text: str
    html: str
    attachments: tuple[tuple[str, int], ...] = ()
    """Name and bytes of each."""


class Mailbox:
    """Listens on loopback alone. Keeps `most` mails of `most_bytes` together; older ones go first."""

    def __init__(self, most: int = 500, most_bytes: int = 20_000_000) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: deque[Envelope] = deque()
        self._bytes = 0
        self._server: asyncio.Server | None = None
        self.received = 0
        """All mails since the start, those forgotten included."""

    async def start(self, port: int = 0) -> int:
        """Begin to listen; answers the port (a free one for 0). Raises `OSError` when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def latest(self, limit: int = 100) -> list[ReceivedMail]:
        """The newest first."""
        return [read(envelope) for envelope in islice(reversed(self._kept), limit)]

    def mail(self, number: int) -> ReceivedMail | None:
        """One mail by its number, `None` when it is gone or never came."""
        return next((read(envelope) for envelope in self._kept if envelope.number == number), None)

    def _session(self) -> Any:
        return SMTP(self, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, ident="Headrace mailbox")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.received += 1
        raw = bytes(envelope.content)
        self._keep(
            Envelope(self.received, datetime.now(UTC), envelope.mail_from, tuple(envelope.rcpt_tos), raw)
        )
        return "250 2.0.0 Kept"

    def _keep(self, envelope: Envelope) -> None:
        self._kept.append(envelope)
        self._bytes += len(envelope.raw)
        while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().raw)


def read(envelope: Envelope) -> ReceivedMail:
    message = message_from_bytes(envelope.raw, policy=default)
    return ReceivedMail(
        number=envelope.number,
        received_at=envelope.received_at,
        sender=envelope.sender,
        recipients=envelope.recipients,
        subject=str(message["Subject"] or ""),
        date=str(message["Date"] or ""),
        message_id=str(message["Message-ID"] or ""),
        text=body(message, "plain"),
        html=body(message, "html"),
        attachments=tuple(map(attached, message.iter_attachments())),
    )


def attached(part: EmailMessage) -> tuple[str, int]:
    content = part.get_payload(decode=True)
    return part.get_filename() or "(no name)", len(content) if isinstance(content, bytes) else 0


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())
