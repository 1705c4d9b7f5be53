"""A real SMTP server that takes mail, counts it, and misbehaves as told.

Run as a process of its own (`python -m tests.support.smtp_sink --port 2525 --file mails.jsonl`) it writes a line
for each mail before it answers, so its count outlives whatever is killed around it.
"""

import argparse
import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP


class Got(NamedTuple):
    """What makes a mail the same mail."""

    recipient: str
    subject: str
    message_id: str


class Fault(Enum):
    """What else a server can do than answer, when it has the whole text."""

    HANG = "hang"
    """Keep it and never answer."""
    BREAK = "break"
    """Keep it and close the connection without an answer."""


@dataclass
class SmtpSink:
    """`at_recipient`: answers to RCPT by address, `at_data`: to the text; anything else is taken.
    Each mail that was kept is in `mails` and `counts`."""

    at_recipient: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str | Fault] = field(default_factory=dict)
    break_at_recipient: set[str] = field(default_factory=set)
    keep: Callable[[Got], None] = lambda got: None
    mails: list[EmailMessage] = field(default_factory=list)
    counts: Counter[Got] = field(default_factory=Counter)
    connections: int = 0
    open: set[Any] = field(default_factory=set)
    most_at_once: int = 0
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", port)
        self._server = server
        self.port = server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop everybody."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_connections()

    def drop_connections(self) -> None:
        for session in list(self.open):
            session.transport.abort()
        self.open.clear()

    def _session(self) -> SMTP:
        sink = self

        class Session(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                sink.connections += 1
                sink.open.add(self)
                sink.most_at_once = max(sink.most_at_once, len(sink.open))
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                sink.open.discard(self)
                super().connection_lost(error)

        return Session(self, enable_SMTPUTF8=True, data_size_limit=None)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.break_at_recipient:
            server.transport.abort()
        if (answer := self.at_recipient.get(address)) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        recipient = envelope.rcpt_tos[0]
        answer = self.at_data.get(recipient)
        if isinstance(answer, str):
            return answer
        message = message_from_bytes(envelope.content, policy=default)
        got = Got(recipient, str(message["Subject"]), str(message["Message-ID"]))
        self.keep(got)
        self.mails.append(message)
        self.counts[got] += 1
        if answer is Fault.HANG:
            await asyncio.Event().wait()
        if answer is Fault.BREAK:
            server.transport.abort()
        return "250 2.0.0 Taken"


def read_counts(lines: Iterable[str]) -> Counter[Got]:
    """The mails in a file that the process wrote; a line that was cut short doesn't count."""
    return Counter(Got(**json.loads(line)) for line in lines if line.endswith("\n"))


def keep_in(file: Path) -> Callable[[Got], None]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def keep(got: Got) -> None:
        os.write(descriptor, json.dumps(got._asdict()).encode() + b"\n")

    return keep


async def serve(port: int, file: Path) -> None:
    # The process writes to the file alone: its memory does not grow with the mail.
    sink = SmtpSink(keep=keep_in(file))
    await sink.start(port)
    print(sink.port, flush=True)
    while True:
        await asyncio.sleep(1)
        sink.mails.clear()
        sink.counts.clear()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--file", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.file))


if __name__ == "__main__":
    main()
