"""Events for other systems, on a topic exchange of RabbitMQ. Told means: confirmed by the broker."""

import asyncio
from collections.abc import Sequence

from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError

from common.adapters.rabbitmq.line import Line
from common.messages.outside import CONTENT_TYPE, EXCHANGE, OutsideEvent
from common.ports import Unavailable

CONNECT_TIMEOUT = 2.0
CONFIRM_TIMEOUT = 10.0
FAILURES = (*CONNECTION_EXCEPTIONS, DeliveryError, TimeoutError)


class RabbitOutsideEvents:
    """`common.ports.OutsideEvents` over RabbitMQ. `prefix` sets the exchange apart on a shared broker."""

    def __init__(self, url: str, *, prefix: str = "") -> None:
        self._line = Line(url, "headrace outside")
        self._name = prefix + EXCHANGE
        self._opening = asyncio.Lock()
        self._channel: AbstractChannel | None = None
        self._exchange: AbstractExchange | None = None

    async def start(self) -> None:
        """Begin to connect; returns at once, whether or not there is a broker."""
        self._line.start()

    async def stop(self) -> None:
        await self._line.stop()

    async def tell(self, events: Sequence[OutsideEvent]) -> None:
        """Tell all of them. Raises `Unavailable` if any may not have arrived; the others may have."""
        try:
            async with self._opening:
                exchange = await self._open()
            await asyncio.gather(*(self._publish(exchange, event) for event in events))
        except FAILURES as error:
            raise Unavailable("RabbitMQ") from error

    async def _publish(self, exchange: AbstractExchange, event: OutsideEvent) -> None:
        """An event for which nobody has bound a queue is told, too."""
        await exchange.publish(message_of(event), event.type, mandatory=False, timeout=CONFIRM_TIMEOUT)

    async def _open(self) -> AbstractExchange:
        if self._exchange is not None and self._channel is not None and not self._channel.is_closed:
            return self._exchange
        connection = await asyncio.wait_for(self._line.connection(), CONNECT_TIMEOUT)
        self._channel = connection.channel(publisher_confirms=True)
        await self._channel.initialize(timeout=CONFIRM_TIMEOUT)
        self._exchange = await self._channel.declare_exchange(
            self._name, ExchangeType.TOPIC, durable=True, timeout=CONFIRM_TIMEOUT
        )
        return self._exchange


def message_of(event: OutsideEvent) -> Message:
    """A durable message."""
    return Message(
        event.model_dump_json(exclude_none=True).encode(),
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=event.id,
        type=event.type,
    )
