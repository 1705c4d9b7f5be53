"""Events that other systems publish: the exchange that they publish to, and our queue behind it.

A publisher's confirm means that the message is on a majority of the broker's nodes. It stays there until it is
acknowledged, and that is after it was archived.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from common.adapters.rabbitmq.arrivals import Arrivals, arrivals
from common.adapters.rabbitmq.line import Line, named, pauses
from common.adapters.rabbitmq.queues import declare_events
from common.messages.posted import PostedMessage
from common.messages.topology import EVENTS_EXCHANGE, EVENTS_QUEUE

BATCH = 500
PREFETCH = 2 * BATCH
"""While one batch is archived, the next one arrives."""

SUBSCRIBE_TIMEOUT = 10.0

FEEDING = "rabbitmq.feed_open"
FEED_LOST = "rabbitmq.feed_lost"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FedBatch:
    """Messages in the order of the queue."""

    messages: Sequence[PostedMessage]
    last: AbstractIncomingMessage

    async def settle(self) -> None:
        """Acknowledge all of them. On a broken connection there is nothing to do: they are delivered again."""
        with suppress(*CONNECTION_EXCEPTIONS):
            await self.last.ack(multiple=True)


class EventFeed:
    """What arrives, over a connection that is kept up. `prefix` sets exchange and queue apart on a shared broker."""

    def __init__(self, url: str, *, prefix: str = "") -> None:
        self._line = Line(url, "headrace events")
        self._exchange = prefix + EVENTS_EXCHANGE
        self._queue = prefix + EVENTS_QUEUE

    async def start(self) -> None:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._line.start()

    async def stop(self) -> None:
        await self._line.stop()

    async def batches(self) -> AsyncGenerator[FedBatch, None]:
        """What arrives, without end, through every outage. What is not settled is delivered again."""
        before_next = pauses()
        while True:
            connection = await self._line.connection()
            try:
                async with aclosing(self._session(connection)) as arriving:
                    async for batch in arriving:
                        before_next = pauses()
                        yield batch
            except (TimeoutError, *CONNECTION_EXCEPTIONS) as error:
                log.warning(FEED_LOST, queue=self._queue, error=named(error))
            await asyncio.sleep(next(before_next))

    async def _session(self, connection: AbstractConnection) -> AsyncGenerator[FedBatch, None]:
        """What arrives on a channel of its own, until the channel or the queue goes."""
        async with connection.channel(publisher_confirms=False) as channel:
            arriving = await asyncio.wait_for(self._subscribe(channel), SUBSCRIBE_TIMEOUT)
            log.info(FEEDING, queue=self._queue)
            while (batch := await next_batch(arriving)) is not None:
                yield batch

    async def _subscribe(self, channel: AbstractChannel) -> Arrivals:
        return await arrivals(channel, await declare_events(channel, self._exchange, self._queue), PREFETCH)


async def next_batch(arriving: Arrivals) -> FedBatch | None:
    """What has arrived by now, at least one message; `None` when there will be no more."""
    message = await arriving.get()
    if message is None:
        return None
    taken = [message]
    while len(taken) < BATCH and not arriving.empty():
        message = arriving.get_nowait()
        if message is None:
            arriving.put_nowait(None)  # for the next call
            break
        taken.append(message)
    return FedBatch([to_posted(each) for each in taken], taken[-1])


def to_posted(message: AbstractIncomingMessage) -> PostedMessage:
    properties = {name: as_text(value) for name, value in message.headers.items()}
    return PostedMessage(
        body=message.body,
        content_type=message.content_type or None,
        properties={name: text for name, text in properties.items() if text is not None},
        message_id=message.message_id or None,
        routing_key=message.routing_key or "",
    )


def as_text(value: Any) -> str | None:
    """A property in the form that CloudEvents calls canonical; `None` for what has none (lists, tables)."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return value
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat()
        case bytes():
            return value.decode(errors="replace")
        case _:
            return None
