"""Messages of one queue as they come, on a channel of their own."""

import asyncio

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

Arrivals = asyncio.Queue[AbstractIncomingMessage | None]


async def arrivals(channel: AbstractChannel, queue: AbstractQueue, prefetch: int) -> Arrivals:
    """Messages of the queue, at most `prefetch` unsettled; `None` when there will be no more."""
    arriving: Arrivals = asyncio.Queue()

    def end(*_: object) -> None:
        arriving.put_nowait(None)

    channel.close_callbacks.add(end)
    underlying = await channel.get_underlay_channel()
    underlying.on_consumer_cancel_callbacks.add(end)
    await channel.set_qos(prefetch_count=prefetch)
    await queue.consume(arriving.put)
    return arriving
