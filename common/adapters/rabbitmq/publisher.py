"""Copies of tickets to the bus: bounded, in the background, with pipelined confirms.

Nothing here is retried. A copy that can't go out is dropped and counted; its ticket is in `work`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError, PublishError

from common.adapters.rabbitmq.line import Line

MOST_WAITING = 1_000
MOST_BYTES = 64_000_000
IN_FLIGHT = 250
"""Copies sent and not yet confirmed."""

CONFIRM_TIMEOUT = 10.0
DRAIN_TIMEOUT = 2.0
FAILED_PAUSE = 0.1

CHANNEL_FAILED = "rabbitmq.publish_channel_failed"

log = structlog.get_logger(__name__)


class Drop(StrEnum):
    """Why a copy did not get to its queue."""

    DISCONNECTED = "disconnected"
    FULL = "full"
    """More was handed over than the bus took."""
    UNROUTABLE = "unroutable"
    """No consumer has declared the queue yet."""
    REFUSED = "refused"
    """The queue is full."""
    UNWRITABLE = "unwritable"
    """Its records hold what JSON can't."""
    FAILED = "failed"
    """The connection broke, or no confirm came in time; it may have arrived."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One copy, ready to go."""

    queue: str
    id: str
    body: bytes


class Publisher:
    """Sends parcels over the line in the order in which they were offered. `on_drop` hears of each loss."""

    def __init__(self, line: Line, on_drop: Callable[[Drop], None]) -> None:
        self._line = line
        self._on_drop = on_drop
        self._dropped: Counter[Drop] = Counter()
        self._waiting: asyncio.Queue[Parcel] = asyncio.Queue(MOST_WAITING)
        self._bytes = 0
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)
        self._channel: AbstractChannel | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sender: asyncio.Task[None] | None = None

    @property
    def dropped(self) -> Mapping[Drop, int]:
        return self._dropped

    def start(self) -> None:
        self._sender = asyncio.create_task(self._send_all(), name="amqp publisher")

    async def stop(self) -> None:
        """Give what waits a moment to go out, then stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT):
                await self._waiting.join()
        tasks = [task for task in (self._sender, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def room(self) -> Drop | None:
        """Why a parcel would be dropped now, if it would."""
        if not self._line.up:
            return Drop.DISCONNECTED
        if self._waiting.full() or self._bytes >= MOST_BYTES:
            return Drop.FULL
        return None

    def offer(self, parcel: Parcel) -> None:
        """Take a parcel; `room` has been asked."""
        self._bytes += len(parcel.body)
        self._waiting.put_nowait(parcel)

    def drop(self, why: Drop) -> None:
        """Count a copy that does not go out."""
        self._dropped[why] += 1
        self._on_drop(why)

    async def _send_all(self) -> None:
        while True:
            parcel = await self._waiting.get()
            exchange = await self._exchange() if self._line.up else None
            if exchange is None:
                self._finish(parcel, Drop.DISCONNECTED)
                continue
            await self._in_flight.acquire()
            task = asyncio.create_task(self._send(exchange, parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _exchange(self) -> AbstractExchange | None:
        """The default exchange on an open channel; `None` when none can be opened now."""
        if self._channel is None or self._channel.is_closed:
            try:
                self._channel = await self._open()
            except CONNECTION_EXCEPTIONS as error:
                log.warning(CHANNEL_FAILED, error=str(error))
                await asyncio.sleep(FAILED_PAUSE)
                return None
        return self._channel.default_exchange

    async def _open(self) -> AbstractChannel:
        connection = await self._line.connection()
        # Without `on_return_raises` a copy for a queue that is not there would look delivered.
        channel = connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.initialize(timeout=CONFIRM_TIMEOUT)
        return channel

    async def _send(self, exchange: AbstractExchange, parcel: Parcel) -> None:
        loss: Drop | None = Drop.FAILED
        try:
            await exchange.publish(message_of(parcel), parcel.queue, mandatory=True, timeout=CONFIRM_TIMEOUT)
            loss = None
        except PublishError:
            loss = Drop.UNROUTABLE
        except DeliveryError:
            loss = Drop.REFUSED
        except CONNECTION_EXCEPTIONS:
            loss = Drop.FAILED
        finally:
            self._in_flight.release()
            self._finish(parcel, loss)

    def _finish(self, parcel: Parcel, loss: Drop | None) -> None:
        self._bytes -= len(parcel.body)
        self._waiting.task_done()
        if loss is not None:
            self.drop(loss)


def message_of(parcel: Parcel) -> Message:
    """A durable message."""
    return Message(
        parcel.body,
        content_type="application/octet-stream",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=parcel.id,
    )
