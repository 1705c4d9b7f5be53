"""The courier on RabbitMQ: one quorum queue for each service and partition."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

import structlog

from common.adapters.rabbitmq.consumer import Consumer, RabbitDelivery
from common.adapters.rabbitmq.line import Line
from common.adapters.rabbitmq.publisher import Drop, Parcel, Publisher
from common.messages.ticket import Ticket, to_bytes
from common.messages.topology import Service, queue_name

UNWRITABLE = "rabbitmq.unwritable_copy"

log = structlog.get_logger(__name__)


def ignore(_: Drop) -> None:
    """Nobody asked to hear of drops."""


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
        consumer = Consumer(self._in, self._queue_name(service, partition))
        async with aclosing(consumer.copies()) as copies:
            async for copy in copies:
                yield copy

    def _pack(self, ticket: Ticket) -> Parcel | None:
        try:
            body = to_bytes(ticket)
        except ValueError as error:
            log.error(UNWRITABLE, id=ticket.id, error=str(error))
            return None
        return Parcel(self._queue_name(ticket.service, ticket.partition), ticket.id, body)

    def _queue_name(self, service: Service, partition: int) -> str:
        return self._prefix + queue_name(service, partition)
