"""Mail over SMTP with a bounded pool of connections, and an exact answer to whether anything has left."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPStatus,
)
from aiosmtplib.protocol import SMTPProtocol

from common.ports import MailRefused, MailUnavailable, MailUncertain

GOODBYE_SECONDS = 2.0
CLOSING = 421
"""The server is going to close the connection (RFC 5321, 3.8): about the server, not about the message."""

ENHANCED_STATUS = re.compile(r"[245]\.(?P<subject>\d{1,3})\.\d{1,3}\b")
ABOUT_ADDRESS = frozenset({"1", "2"})
"""Subjects of RFC 3463: the address, the mailbox. The others: system, network, protocol, policy."""
END = b".\r\n"
PIECE_BYTES = 256_000
ROOM_SECONDS = 0.005
LEADING_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. `use_tls`: from the first byte; `start_tls`: `None` if offered."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    start_tls: bool | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What DATA carries: the message, and behind it what many messages share."""

    message: bytes
    enclosed: bytes = b""

    def pieces(self) -> Iterator[bytes]:
        """As they go on the wire. Lines of what is enclosed begin with no dot: they are base64 and its headers."""
        if not self.enclosed:
            yield dot_stuffed(self.message) + END
            return
        yield dot_stuffed(self.message)
        for start in range(0, len(self.enclosed), PIECE_BYTES):
            yield self.enclosed[start : start + PIECE_BYTES]
        yield END


@dataclass(slots=True)
class Progress:
    """How far one message has got. `left`: its text may be at the server."""

    left: bool = False


class SmtpMailer:
    """At most `size` connections, kept open between messages. `timeout`: hard limit for one send, in seconds,
    waiting for a free connection not counted."""

    def __init__(self, server: SmtpServer, *, size: int, timeout: float) -> None:
        self._server = server
        self._free = asyncio.Semaphore(size)
        self._idle: list[SMTP] = []
        self._timeout = timeout

    async def send(self, message: bytes, sender: str, recipient: str, enclosed: bytes = b"") -> None:
        progress = Progress()
        async with self._free:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._send(Text(message, enclosed), sender, recipient, progress)
            except (SMTPException, OSError, TimeoutError) as error:
                raise failure(error, progress) from error

    async def close(self) -> None:
        """Take leave of the server. No send may be under way."""
        while self._idle:
            connection = self._idle.pop()
            with suppress(SMTPException, OSError, TimeoutError):
                await connection.quit(timeout=GOODBYE_SECONDS)
            connection.close()

    async def _send(self, text: Text, sender: str, recipient: str, progress: Progress) -> None:
        connection = await self._begin(sender)
        try:
            await connection.rcpt(recipient)
            await hand_over(connection, text, progress)
        except (SMTPRecipientRefused, SMTPDataError):
            await self._keep(connection, reset=True)
            raise
        except BaseException:
            connection.close()
            raise
        await self._keep(connection)

    async def _begin(self, sender: str) -> SMTP:
        """A connection that has taken the sender; one that died while idle is replaced, nothing has left."""
        while self._idle:
            connection = self._idle.pop()
            with suppress(SMTPException, OSError):
                await connection.mail(sender)
                return connection
            connection.close()
        connection = await self._connect()
        try:
            await connection.mail(sender)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _connect(self) -> SMTP:
        server = self._server
        connection = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            timeout=self._timeout,
        )
        await connection.connect()
        return connection

    async def _keep(self, connection: SMTP, *, reset: bool = False) -> None:
        try:
            if reset:
                await connection.rset()
            self._idle.append(connection)
        except (SMTPException, OSError):
            connection.close()


async def hand_over(connection: SMTP, text: Text, progress: Progress) -> None:
    """DATA in its two halves, so that what happens before the text leaves is told from what happens after."""
    start = await connection.execute_command(b"DATA")
    if start.code != SMTPStatus.start_input:
        raise SMTPDataError(start.code, start.message)
    protocol = connection.protocol
    if protocol is None:
        raise ConnectionError("the connection was closed")
    progress.left = True
    for piece in text.pieces():
        protocol.write(piece)
        await written(protocol)
    answer = await protocol.read_response()
    if answer.code != SMTPStatus.completed:
        raise SMTPDataError(answer.code, answer.message)


async def written(protocol: SMTPProtocol) -> None:
    """Until the connection has room for another piece: a large mail is never copied whole into its buffer."""
    while isinstance(transport := protocol.transport, asyncio.Transport):
        if transport.is_closing() or transport.get_write_buffer_size() < PIECE_BYTES:
            return
        await asyncio.sleep(ROOM_SECONDS)


def dot_stuffed(message: bytes) -> bytes:
    """A text as DATA carries it (RFC 5321, 4.5.2), but for the dot that ends it."""
    text = message if message.endswith(b"\r\n") else message + b"\r\n"
    return LEADING_DOT.sub(b"..", text)


def failure(error: Exception, progress: Progress) -> Exception:
    """What the error means for the one message that was on its way."""
    text = printable(str(error)) or type(error).__name__
    if isinstance(error, SMTPResponseException) and 400 <= error.code < 600:
        text = printable(error.message)
        if isinstance(error, SMTPDataError):
            return refused(error.code, text, unless_said=False)
        if isinstance(error, SMTPRecipientRefused) and error.code != CLOSING:
            return refused(error.code, text, unless_said=True)
        if isinstance(error, SMTPSenderRefused) and error.code != CLOSING:
            return MailRefused(error.code, text, permanent=error.code >= 500, of_address=False)
    return MailUncertain(text) if progress.left else MailUnavailable(text)


def printable(answer: str) -> str:
    """A server's answer in one line of valid text, whatever bytes it sent."""
    return " ".join(answer.encode("utf-8", "replace").decode().split())[:500]


def refused(code: int, text: str, *, unless_said: bool) -> MailRefused:
    """`unless_said`: whether it is about the address when no enhanced status code (RFC 3463) says so or not."""
    found = ENHANCED_STATUS.match(text)
    of_address = found["subject"] in ABOUT_ADDRESS if found else unless_said
    return MailRefused(code, text, permanent=code >= 500, of_address=of_address)
