"""The courier on RabbitMQ: one quorum queue for each service and partition."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from pydantic import ValidationError

from common.adapters.rabbitmq.line import Line, pauses
from common.adapters.rabbitmq.publisher import Drop, Parcel, Publisher
from common.adapters.rabbitmq.queues import declare
from common.messages.ticket import Ticket
from common.messages.topology import Service, queue_name

PREFETCH = 20
"""Copies that a partition's owner holds unsettled."""

SETUP_TIMEOUT = 10.0

CONSUMING = "rabbitmq.consuming"
CONSUMER_LOST = "rabbitmq.consumer_lost"
UNREADABLE = "rabbitmq.unreadable_copy"
UNWRITABLE = "rabbitmq.unwritable_copy"

log = structlog.get_logger(__name__)


def ignore(_: Drop) -> None:
    """Nobody asked to hear of drops."""


@dataclass(frozen=True, slots=True)
class RabbitDelivery:
    """A copy that arrived, and its message."""

    ticket: Ticket
    message: AbstractIncomingMessage

    async def settle(self) -> None:
        """Acknowledge. On a broken connection there is nothing to do: the broker will deliver it again."""
        with suppress(*CONNECTION_EXCEPTIONS):
            await self.message.ack()


class RabbitCourier:
    """`common.ports.Courier` over RabbitMQ, on a connection for each direction.

    `url`: `amqp://user:password@host:5672/vhost`. `prefix` sets queues apart on a shared broker. `on_drop` is
    called for each copy that did not get to its queue.
    """

    def __init__(self, url: str, *, prefix: str = "", on_drop: Callable[[Drop], None] = ignore) -> None:
        self._prefix = prefix
        self._out = Line(url, "headrace out")
        self._in = Line(url, "headrace in")
        self._publisher = Publisher(self._out, on_drop)

    async def start(self) -> None:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._out.start()
        self._in.start()
        self._publisher.start()

    async def stop(self) -> None:
        """Let copies that wait go out (2 s at most), and disconnect. Cancel consumers before."""
        await self._publisher.stop()
        await asyncio.gather(self._out.stop(), self._in.stop())

    def connected(self) -> bool:
        """Whether both directions are up now."""
        return self._out.up and self._in.up

    @property
    def dropped(self) -> Mapping[Drop, int]:
        """Copies that did not get to their queues since the start, by reason."""
        return self._publisher.dropped

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """Hand over copies; never blocks, never raises, drops what there is no room for."""
        for ticket in tickets:
            if (why := self._publisher.room()) is not None:
                self._publisher.drop(why)
            elif (parcel := self._pack(ticket)) is not None:
                self._publisher.offer(parcel)
            else:
                self._publisher.drop(Drop.UNWRITABLE)

    async def consume(self, service: Service, partition: int) -> AsyncGenerator[RabbitDelivery, None]:
        """Copies for one partition, without end; waits while the broker is away.

        Those unsettled when the iteration is cancelled or closed go back to the queue.
        """
        name = self._queue_name(service, partition)
        before_next = pauses()
        while True:
            connection = await self._in.connection()
            try:
                async with aclosing(deliveries(connection, name)) as arriving:
                    async for delivery in arriving:
                        before_next = pauses()
                        yield delivery
            except CONNECTION_EXCEPTIONS as error:
                log.warning(CONSUMER_LOST, queue=name, error=str(error) or type(error).__name__)
            await asyncio.sleep(next(before_next))

    def _pack(self, ticket: Ticket) -> Parcel | None:
        try:
            body = ticket.model_dump_json().encode()
        except ValueError as error:
            log.error(UNWRITABLE, id=ticket.id, error=str(error))
            return None
        return Parcel(self._queue_name(ticket.service, ticket.partition), ticket.id, body)

    def _queue_name(self, service: Service, partition: int) -> str:
        return self._prefix + queue_name(service, partition)


async def deliveries(connection: AbstractConnection, name: str) -> AsyncGenerator[RabbitDelivery, None]:
    """What arrives on a channel of its own, until the channel or the queue goes."""
    async with connection.channel(publisher_confirms=False) as channel:
        arriving = await asyncio.wait_for(subscribe(channel, name), SETUP_TIMEOUT)
        log.info(CONSUMING, queue=name)
        while (message := await arriving.get()) is not None:
            if (ticket := read(message)) is None:
                await message.ack()
            else:
                yield RabbitDelivery(ticket, message)


async def subscribe(channel: AbstractChannel, name: str) -> "asyncio.Queue[AbstractIncomingMessage | None]":
    """Messages of the queue as they come, at most `PREFETCH`; `None` when there will be no more."""
    arriving: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()

    def end(*_: object) -> None:
        arriving.put_nowait(None)

    channel.close_callbacks.add(end)
    underlying = await channel.get_underlay_channel()
    underlying.on_consumer_cancel_callbacks.add(end)
    await channel.set_qos(prefetch_count=PREFETCH)
    queue = await declare(channel, name)
    await queue.consume(arriving.put)
    return arriving


def read(message: AbstractIncomingMessage) -> Ticket | None:
    """The ticket, or `None`, logged, for what is none: the true one is in `work`."""
    try:
        return Ticket.model_validate_json(message.body)
    except ValidationError as error:
        log.error(UNREADABLE, id=message.message_id, queue=message.routing_key, errors=error.error_count())
        return None
