"""One AMQP connection that is kept up: made, and made again, until it is stopped."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

CONNECTED = "rabbitmq.connected"
DISCONNECTED = "rabbitmq.disconnected"
UNREACHABLE = "rabbitmq.unreachable"

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
CONNECT_TIMEOUT = 5.0
CLOSE_TIMEOUT = 2.0
HEARTBEAT = 10
"""Seconds; a peer that is silent for two of them is taken for dead."""

log = structlog.get_logger(__name__)


def pauses() -> Iterator[float]:
    """Seconds to wait before each further attempt: doubling up to 5, each up to a half shorter by chance."""
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads attempts, guards nothing
        pause = min(LONGEST_PAUSE, pause * 2)


class Line:
    """Keeps one connection up. `name` is shown in RabbitMQ's list of connections."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: AbstractConnection | None = None
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        return self._up.is_set()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._keeper = asyncio.create_task(self._keep(), name=f"amqp {self._name}")

    async def stop(self) -> None:
        """Close the connection, and don't make another."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._up.clear()
        if self._connection is not None:
            await close(self._connection)

    async def connection(self) -> AbstractConnection:
        """The living connection, as soon as there is one."""
        while self._connection is None or not self.up:
            await self._up.wait()
        return self._connection

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        before_next = pauses()
        while True:
            began = loop.time()
            trouble = await self._once()
            if loop.time() - began > LONGEST_PAUSE:
                before_next = pauses()
            pause = next(before_next)
            log.warning(trouble[0], name=self._name, error=trouble[1], retry_in=round(pause, 2))
            await asyncio.sleep(pause)

    async def _once(self) -> tuple[str, str]:
        """Connect and stay; answers how it ended."""
        try:
            connection = await aio_pika.connect(self._url, timeout=CONNECT_TIMEOUT, **self._options())
        except CONNECTION_EXCEPTIONS as error:
            return UNREACHABLE, named(error)
        lost = loss_of(connection)
        self._connection = connection
        self._up.set()
        log.info(CONNECTED, name=self._name)
        try:
            trouble = await lost
        finally:
            self._up.clear()
        await close(connection)
        return DISCONNECTED, trouble

    def _options(self) -> dict[str, Any]:
        return {"heartbeat": HEARTBEAT, "client_properties": {"connection_name": self._name}}


def loss_of(connection: AbstractConnection) -> asyncio.Future[str]:
    """Done when the connection is lost, with the reason.

    `closed()` tells only of a close that was asked for.
    """
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def note(_: AbstractConnection | None, error: BaseException | None) -> None:
        if not lost.done():
            lost.set_result(named(error))

    connection.close_callbacks.add(note)
    return lost


async def close(connection: AbstractConnection) -> None:
    """Close politely, or as well as a dead peer allows."""
    with suppress(*CONNECTION_EXCEPTIONS):
        await asyncio.wait_for(connection.close(), CLOSE_TIMEOUT)


def named(error: BaseException | None) -> str:
    """What went wrong, in a few words."""
    return str(error) or type(error).__name__
