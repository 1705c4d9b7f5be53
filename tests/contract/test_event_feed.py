"""What the feed of events promises: in order, one taker at a time, nothing gone before it is settled."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import aio_pika
import pytest

from common.adapters.rabbitmq.event_feed import BATCH, PREFETCH, EventFeed, FedBatch
from common.adapters.rabbitmq.queues import declare_events
from common.messages.topology import EVENTS_EXCHANGE, EVENTS_QUEUE

pytestmark = pytest.mark.rabbitmq


@asynccontextmanager
async def feeding(url: str, *, settle: bool) -> AsyncIterator[list[FedBatch]]:
    """A feed that fills a list, until the block ends."""
    feed = EventFeed(url)
    await feed.start()
    got: list[FedBatch] = []

    async def take() -> None:
        async with aclosing(feed.batches()) as batches:
            async for batch in batches:
                got.append(batch)
                if settle:
                    await batch.settle()

    taking = asyncio.create_task(take())
    try:
        yield got
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        await feed.stop()


async def publish(url: str, count: int) -> None:
    """Confirmed, once the queue is there."""
    async with asyncio.timeout(30), await aio_pika.connect(url) as connection:
        while not await is_declared(connection):  # noqa: ASYNC110 - the broker can only be asked
            await asyncio.sleep(0.1)
        channel = await connection.channel(on_return_raises=True)
        await declare_events(channel, EVENTS_EXCHANGE, EVENTS_QUEUE)  # bound by now, too
        exchange = await channel.get_exchange(EVENTS_EXCHANGE)
        messages = [aio_pika.Message(str(number).encode()) for number in range(count)]
        await asyncio.gather(*(exchange.publish(each, "any.key", mandatory=True) for each in messages))


async def is_declared(connection: aio_pika.abc.AbstractConnection) -> bool:
    async with connection.channel() as channel:
        try:
            await channel.get_queue(EVENTS_QUEUE)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return False
    return True


async def left(url: str) -> int:
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue(EVENTS_QUEUE)
        return queue.declaration_result.message_count or 0


def bodies(got: list[FedBatch]) -> list[bytes]:
    return [message.body for batch in got for message in batch.messages]


async def until(done: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - seen from outside, there is nothing to wait on
            await asyncio.sleep(0.02)


async def test_what_is_settled_is_gone_and_came_in_order(amqp_url: str) -> None:
    count = PREFETCH + BATCH
    async with feeding(amqp_url, settle=True) as got:
        await publish(amqp_url, count)
        await until(lambda: len(bodies(got)) == count)

    assert bodies(got) == [str(number).encode() for number in range(count)]
    assert max(len(batch.messages) for batch in got) <= BATCH
    await until_left(amqp_url, 0)


async def test_what_is_not_settled_comes_again_whole_and_in_order(amqp_url: str) -> None:
    async with feeding(amqp_url, settle=False) as first:
        await publish(amqp_url, 10)
        await until(lambda: len(bodies(first)) == 10)
    await until_left(amqp_url, 10)

    async with feeding(amqp_url, settle=True) as second:
        await until(lambda: len(bodies(second)) == 10)

    assert bodies(second) == bodies(first)


async def test_unsettled_messages_hold_back_the_bus(amqp_url: str) -> None:
    async with feeding(amqp_url, settle=False) as got:
        await publish(amqp_url, PREFETCH + 5)
        await until(lambda: len(bodies(got)) == PREFETCH)
        await asyncio.sleep(0.3)

        assert len(bodies(got)) == PREFETCH
        assert await left(amqp_url) == 5


async def test_one_takes_at_a_time_and_the_next_when_it_is_gone(amqp_url: str) -> None:
    async with feeding(amqp_url, settle=True) as second:
        async with feeding(amqp_url, settle=True) as first:
            await publish(amqp_url, 20)
            await until(lambda: len(bodies(first)) + len(bodies(second)) == 20)
            assert [] in (bodies(first), bodies(second))
        await publish(amqp_url, 5)
        await until(lambda: len(bodies(first)) + len(bodies(second)) == 25)


async def until_left(url: str, count: int) -> None:
    """The broker takes back what a closed channel held a moment later."""
    async with asyncio.timeout(30):
        while await left(url) != count:  # noqa: ASYNC110 - the broker can only be asked
            await asyncio.sleep(0.05)
