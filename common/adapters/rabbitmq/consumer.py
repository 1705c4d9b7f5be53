"""Copies of tickets from the bus, for one partition's owner."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from common.adapters.rabbitmq.arrivals import Arrivals, arrivals
from common.adapters.rabbitmq.line import Line, named, pauses
from common.adapters.rabbitmq.queues import declare, remove
from common.messages.ticket import Sealed, from_bytes

PREFETCH = 20
"""Copies that a partition's owner holds unsettled."""

SUBSCRIBE_TIMEOUT = 5.0
MOST_TIMEOUTS = 3

CONSUMING = "rabbitmq.consuming"
LOST = "rabbitmq.consumer_lost"
STUCK = "rabbitmq.queue_stuck"
REMOVED = "rabbitmq.stuck_queue_removed"
UNREADABLE = "rabbitmq.unreadable_copy"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RabbitDelivery:
    """A copy that arrived, and its message."""

    sealed: Sealed
    message: AbstractIncomingMessage

    async def settle(self) -> None:
        """Acknowledge. On a broken connection there is nothing to do: the broker will deliver it again."""
        with suppress(*CONNECTION_EXCEPTIONS):
            await self.message.ack()


class Consumer:
    """Reads one queue over a line, through every outage of either."""

    def __init__(self, line: Line, queue: str) -> None:
        self._line = line
        self._queue = queue
        self._timeouts = 0

    async def copies(self) -> AsyncGenerator[RabbitDelivery, None]:
        """What arrives, without end."""
        before_next = pauses()
        while True:
            connection = await self._line.connection()
            try:
                async with aclosing(self._session(connection)) as arriving:
                    async for delivery in arriving:
                        before_next = pauses()
                        yield delivery
            except TimeoutError:
                await self._timed_out(connection)
            except CONNECTION_EXCEPTIONS as error:
                log.warning(LOST, queue=self._queue, error=named(error))
            await asyncio.sleep(next(before_next))

    async def _session(self, connection: AbstractConnection) -> AsyncGenerator[RabbitDelivery, None]:
        """What arrives on a channel of its own, until the channel or the queue goes."""
        async with connection.channel(publisher_confirms=False) as channel:
            arriving = await asyncio.wait_for(subscribe(channel, self._queue), SUBSCRIBE_TIMEOUT)
            self._timeouts = 0
            log.info(CONSUMING, queue=self._queue)
            while (message := await arriving.get()) is not None:
                if (sealed := read(message)) is None:
                    await message.ack()
                else:
                    yield RabbitDelivery(sealed, message)

    async def _timed_out(self, connection: AbstractConnection) -> None:
        """A broker that answers with a queue that does not.

        A quorum queue that was declared in the last seconds before the broker was killed comes back without
        a leader, and stays so (RabbitMQ 3.10). It holds nothing but copies, so it is thrown away.
        """
        self._timeouts += 1
        log.warning(STUCK, queue=self._queue, times=self._timeouts)
        if self._timeouts < MOST_TIMEOUTS:
            return
        self._timeouts = 0
        try:
            await remove(connection, self._queue)
        except CONNECTION_EXCEPTIONS as error:
            log.warning(LOST, queue=self._queue, error=named(error))
        else:
            log.warning(REMOVED, queue=self._queue)


async def subscribe(channel: AbstractChannel, queue: str) -> Arrivals:
    return await arrivals(channel, await declare(channel, queue), PREFETCH)


def read(message: AbstractIncomingMessage) -> Sealed | None:
    """The ticket, or `None`, logged, for what is none: the true one is in `work`."""
    try:
        return from_bytes(message.body)
    except ValueError as error:
        log.error(UNREADABLE, id=message.message_id, queue=message.routing_key, error=type(error).__name__)
        return None
