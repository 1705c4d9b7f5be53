"""How queues are declared and removed: the only place that does.

A queue with other arguments can't be declared again under the same name: change them together with the version
in `common.messages.topology`.
"""

from typing import Any

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractQueue

ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    # A net only: what the broker drops comes back by its ticket.
    "x-delivery-limit": 20,
    # A service that is down must not fill the broker's disk. The newest copies are refused, so that those
    # that wait stay without a gap.
    "x-max-length": 10_000,
    "x-max-length-bytes": 256_000_000,
    "x-overflow": "reject-publish",
}

EVENTS_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    # What waits here is nowhere else: no number of deliveries may throw it away. Newer brokers stop at 20 unless
    # told otherwise, and older ones know no "never".
    "x-delivery-limit": 1_000_000_000,
    # One process takes at a time, and another when it is gone: what is published in order is archived in order.
    "x-single-active-consumer": True,
    # With the trigger down for long, publishers are told no.
    "x-max-length": 1_000_000,
    "x-max-length-bytes": 2_000_000_000,
    "x-overflow": "reject-publish",
}

REMOVE_TIMEOUT = 60.0


async def declare(channel: AbstractChannel, name: str) -> AbstractQueue:
    """The queue, made if it is not there.

    Several processes that declare the same quorum queue at once can lose their connection with 541
    INTERNAL_ERROR: callers try again on a new one.
    """
    return await channel.declare_queue(name, durable=True, arguments=ARGUMENTS)


async def declare_events(channel: AbstractChannel, exchange: str, queue: str) -> AbstractQueue:
    """The durable topic exchange of other systems' events, and our queue that gets all of them."""
    published = await channel.declare_exchange(exchange, ExchangeType.TOPIC, durable=True)
    declared = await channel.declare_queue(queue, durable=True, arguments=EVENTS_ARGUMENTS)
    await declared.bind(published, "#")
    return declared


async def remove(connection: AbstractConnection, name: str) -> None:
    """Delete the queue with all that is in it, even one without a leader (which takes the broker a while)."""
    async with connection.channel() as channel:
        await channel.queue_delete(name, timeout=REMOVE_TIMEOUT)
