"""What every courier promises: copies arrive, or are lost without harm."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import aio_pika
import pytest
import pytest_asyncio

from common.adapters.no_courier import NoCourier
from common.adapters.rabbitmq.consumer import PREFETCH, RabbitDelivery
from common.adapters.rabbitmq.courier import RabbitCourier
from common.adapters.rabbitmq.publisher import MOST_WAITING, Drop
from common.adapters.rabbitmq.queues import declare
from common.messages.record import Record
from common.messages.ticket import Ticket
from common.messages.topology import Service, queue_name
from common.ports import Courier
from tests.support.ports import free_port
from tests.support.rabbitmq import RabbitNode

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ticket(number: int, *, partition: int = 0, data: dict[str, Any] | None = None) -> Ticket:
    record = Record(
        id=f"record-{number}", type="order.placed", source="shop", contact="7", time=NOW, data=data or {}
    )
    return Ticket(
        id=f"ticket-{number}",
        service=Service.FILTER,
        partition=partition,
        seq=number,
        at=NOW,
        records=(record,),
    )


async def until(done: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that the courier does by itself."""
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - seen from outside, there is nothing to wait on
            await asyncio.sleep(0.02)


async def receive(courier: Courier, count: int, *, settle: bool = True, partition: int = 0) -> list[Ticket]:
    """The next copies of a partition, by a consumer that is gone afterwards."""
    got: list[Ticket] = []
    async with asyncio.timeout(60):
        copies = courier.consume(Service.FILTER, partition)
        async with aclosing(copies):  # type: ignore[type-var]
            async for copy in copies:
                if settle:
                    await copy.settle()
                got.append(copy.sealed.opened())
                if len(got) == count:
                    break
    return got


async def declared(url: str, *partitions: int) -> None:
    """The queues, as consumers leave them behind."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for partition in partitions:
            await declare(channel, queue_name(Service.FILTER, partition))


async def waiting(url: str, partition: int = 0) -> int:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(queue_name(Service.FILTER, partition))
        return queue.declaration_result.message_count or 0


@pytest_asyncio.fixture
async def courier(amqp_url: str) -> AsyncIterator[RabbitCourier]:
    courier = RabbitCourier(amqp_url)
    await declared(amqp_url, 0)
    await courier.start()
    await until(courier.connected)
    yield courier
    await courier.stop()


@pytest.mark.rabbitmq
class TestRabbitCourier:
    async def test_a_copy_arrives_as_it_was_sent(self, courier: RabbitCourier) -> None:
        sent = ticket(1, data={"title": "Ærlig talt", "lines": [{"amount": 12.5}], "note": None})
        courier.publish([sent])
        assert await receive(courier, 1) == [sent]

    async def test_partitions_do_not_mix(self, courier: RabbitCourier, amqp_url: str) -> None:
        await declared(amqp_url, 1)
        courier.publish([ticket(1, partition=1), ticket(2, partition=0)])
        assert [t.id for t in await receive(courier, 1, partition=0)] == ["ticket-2"]
        assert [t.id for t in await receive(courier, 1, partition=1)] == ["ticket-1"]

    async def test_many_copies_arrive_in_order_and_all_are_confirmed(self, courier: RabbitCourier) -> None:
        sent = [ticket(number) for number in range(1, MOST_WAITING + 1)]
        courier.publish(sent)
        assert await receive(courier, len(sent)) == sent
        assert not courier.dropped

    async def test_what_was_not_settled_comes_back_to_another_consumer(
        self, courier: RabbitCourier, amqp_url: str
    ) -> None:
        sent = [ticket(number) for number in range(1, 4)]
        courier.publish(sent)
        assert await receive(courier, 3, settle=False) == sent
        other = RabbitCourier(amqp_url)
        await other.start()
        assert await receive(other, 3) == sent
        await other.stop()
        assert await waiting(amqp_url) == 0

    async def test_unsettled_copies_hold_back_the_bus(self, courier: RabbitCourier) -> None:
        courier.publish([ticket(number) for number in range(1, PREFETCH + 5)])
        held: list[RabbitDelivery] = []

        async def hold() -> None:
            async for copy in courier.consume(Service.FILTER, 0):
                held.append(copy)

        holding = asyncio.create_task(hold())
        await until(lambda: len(held) == PREFETCH)
        await asyncio.sleep(0.3)
        assert len(held) == PREFETCH
        await held[0].settle()
        await until(lambda: len(held) == PREFETCH + 1)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)

    async def test_a_copy_for_a_queue_that_nobody_declared_is_dropped_and_counted(
        self, courier: RabbitCourier
    ) -> None:
        courier.publish([ticket(1, partition=9)])
        await until(lambda: courier.dropped.get(Drop.UNROUTABLE) == 1)

    async def test_more_than_there_is_room_for_is_dropped_at_once(self, courier: RabbitCourier) -> None:
        began = time.monotonic()
        courier.publish([ticket(number) for number in range(1, MOST_WAITING + 11)])
        assert time.monotonic() - began < 2
        assert courier.dropped == {Drop.FULL: 10}

    async def test_what_can_not_be_written_is_dropped_and_its_neighbours_go(
        self, courier: RabbitCourier
    ) -> None:
        courier.publish([ticket(1, data={"name": "\ud800"}), ticket(2)])
        assert [t.id for t in await receive(courier, 1)] == ["ticket-2"]
        assert courier.dropped == {Drop.UNWRITABLE: 1}

    async def test_an_unreadable_copy_is_settled_and_the_next_one_read(
        self, courier: RabbitCourier, amqp_url: str
    ) -> None:
        async with await aio_pika.connect(amqp_url) as connection:
            channel = await connection.channel()
            for body in (b"", b"\xff\xfe", b'{"id": 1}'):
                await channel.default_exchange.publish(aio_pika.Message(body), queue_name(Service.FILTER, 0))
        courier.publish([ticket(1)])
        assert await receive(courier, 1) == [ticket(1)]
        assert await waiting(amqp_url) == 0

    async def test_a_deleted_queue_is_declared_again(self, courier: RabbitCourier, amqp_url: str) -> None:
        receiving = asyncio.create_task(receive(courier, 1))
        async with await aio_pika.connect(amqp_url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(queue_name(Service.FILTER, 0))
            await until(lambda: not receiving.done())
            await asyncio.sleep(0.3)
            await queue.delete(if_unused=False, if_empty=False)
        await asyncio.sleep(1)
        courier.publish([ticket(1)])
        assert await receiving == [ticket(1)]

    async def test_purged_queues_only_lose_copies(
        self, courier: RabbitCourier, rabbitmq: RabbitNode, amqp_url: str
    ) -> None:
        courier.publish([ticket(1), ticket(2)])
        await until_waiting(amqp_url, 2)
        host = amqp_url.rpartition("/")[2]
        assert await rabbitmq.purge(queue_name(Service.FILTER, 0), host=host) == 2
        courier.publish([ticket(3)])
        assert await receive(courier, 1) == [ticket(3)]

    async def test_many_consumers_that_declare_at_once_all_get_their_copies(
        self, courier: RabbitCourier, amqp_url: str
    ) -> None:
        others = [RabbitCourier(amqp_url) for _ in range(3)]
        for other in others:
            await other.start()
        partitions = range(20, 26)
        receiving = [
            asyncio.create_task(receive(other, 1, partition=partition))
            for other in others
            for partition in partitions
        ]
        for number in range(300):
            courier.publish(
                [ticket(number * 100 + partition, partition=partition) for partition in partitions]
            )
            if all(task.done() for task in receiving):
                break
            await asyncio.sleep(0.1)
        assert all(len(got) == 1 for got in await asyncio.gather(*receiving))
        await asyncio.gather(*(other.stop() for other in others))


async def until_waiting(url: str, count: int) -> None:
    async with asyncio.timeout(30):
        while await waiting(url) != count:  # noqa: ASYNC110 - the broker can only be asked
            await asyncio.sleep(0.05)


class TestWithoutABroker:
    async def test_publishing_neither_blocks_nor_raises(self) -> None:
        drops: list[Drop] = []
        courier = RabbitCourier(f"amqp://127.0.0.1:{free_port()}/", on_drop=drops.append)
        courier.publish([ticket(1)])
        await courier.start()
        courier.publish([ticket(2)])
        assert not courier.connected()
        assert drops == [Drop.DISCONNECTED] * 2
        await courier.stop()

    async def test_consuming_waits_and_can_be_cancelled(self) -> None:
        courier = RabbitCourier(f"amqp://127.0.0.1:{free_port()}/")
        await courier.start()
        receiving = asyncio.create_task(receive(courier, 1))
        await asyncio.sleep(0.3)
        assert not receiving.done()
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        assert receiving.cancelled()
        await courier.stop()


class TestNoCourier:
    async def test_it_carries_nothing_and_ends_when_cancelled(self) -> None:
        courier: Courier = NoCourier()
        courier.publish([ticket(1)])
        assert not courier.connected()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(courier.consume(Service.FILTER, 0)), 0.1)
