"""A TCP proxy that cuts connections, and slows them down, when told."""

import asyncio
from contextlib import suppress

CHUNK = 1 << 16


class TcpProxy:
    """Passes on to a port of this machine. `delay`: seconds for which every piece of data is held up."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.delay = 0.0
        self.port = 0
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> int:
        """Break off all connections, in the middle of whatever they carry; answers how many there were."""
        broken = list(self._open)
        for writer in broken:
            writer.transport.abort()
        self.cuts += len(broken) // 2
        return len(broken) // 2

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        finally:
            self._open -= both

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until either side ends it."""
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            writer.close()
