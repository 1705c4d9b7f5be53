"""How a partition's queue is declared and removed: the only place that does.

A queue with other arguments can't be declared again under the same name: change them together with the version
in `common.messages.topology.queue_name`.
"""

from typing import Any

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

REMOVE_TIMEOUT = 60.0


async def declare(channel: AbstractChannel, name: str) -> AbstractQueue:
    """The queue, made if it is not there.

    Several processes that declare the same quorum queue at once can lose their connection with 541
    INTERNAL_ERROR: callers try again on a new one.
    """
    return await channel.declare_queue(name, durable=True, arguments=ARGUMENTS)


async def remove(connection: AbstractConnection, name: str) -> None:
    """Delete the queue with all that is in it, even one without a leader (which takes the broker a while)."""
    async with connection.channel() as channel:
        await channel.queue_delete(name, timeout=REMOVE_TIMEOUT)
