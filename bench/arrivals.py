"""A mail server that does no more than note when each mail came, so that it takes no time from what is measured.

It knows the commands that the mailer uses, and reads no more of a mail than its subject.
"""

import asyncio
from time import perf_counter

ANSWERS = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
TAKEN = b"250 taken\r\n"
GREETING = b"220 bench\r\n"
END = b"\r\n.\r\n"
SUBJECT = b"\r\nSubject: "


class Arrivals:
    """`at`: by the last word of a mail's subject, when the whole of it was here."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self.at), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()


class Session(asyncio.Protocol):
    """One connection: commands line by line, and texts up to their dot."""

    def __init__(self, at: dict[str, float]) -> None:
        self._at = at
        self._got = bytearray()
        self._in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._got += data
        while self._in_text or b"\r\n" in self._got:
            if not self._in_text:
                self._command()
            elif not self._text():
                return

    def _command(self) -> None:
        line, _, self._got = self._got.partition(b"\r\n")
        verb = bytes(line[:4]).upper()
        self._in_text = verb == b"DATA"
        self._transport.write(ANSWERS.get(verb, TAKEN))

    def _text(self) -> bool:
        """Whether there is a whole one."""
        text, end, rest = self._got.partition(END)
        if not end:
            return False
        subject = text.partition(SUBJECT)[2].partition(b"\r\n")[0]
        self._at[subject.rpartition(b" ")[2].decode()] = perf_counter()
        self._got, self._in_text = rest, False
        self._transport.write(TAKEN)
        return True
