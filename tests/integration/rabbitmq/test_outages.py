"""The courier while RabbitMQ goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

import pytest
import pytest_asyncio

from common.adapters.rabbitmq.courier import RabbitCourier
from common.messages.ticket import Ticket
from common.messages.topology import Service
from tests.support.rabbitmq import RabbitNode

pytestmark = pytest.mark.rabbitmq

NUMBERS = count(1)


class Receiver:
    """A partition's owner that notes what it got."""

    def __init__(self, courier: RabbitCourier) -> None:
        self.courier = courier
        self.got: list[str] = []
        self._task = asyncio.create_task(self._receive())

    async def _receive(self) -> None:
        async for copy in self.courier.consume(Service.EXECUTOR, 0):
            self.got.append(copy.sealed.id)
            await copy.settle()

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def hears(self, seconds: float = 90) -> None:
        """Publish until a copy arrives again."""
        before = len(self.got)
        async with asyncio.timeout(seconds):
            while len(self.got) == before:
                self.courier.publish([ticket()])
                await asyncio.sleep(0.05)


def ticket() -> Ticket:
    number = next(NUMBERS)
    now = datetime.now(UTC)
    return Ticket(
        id=f"ticket-{number}", service=Service.EXECUTOR, partition=0, seq=number, at=now, records=()
    )


@pytest_asyncio.fixture
async def receiver(amqp_url: str) -> AsyncIterator[Receiver]:
    courier = RabbitCourier(amqp_url)
    await courier.start()
    receiver = Receiver(courier)
    await receiver.hears()
    yield receiver
    await receiver.stop()
    await courier.stop()


async def test_copies_flow_again_after_the_broker_was_stopped(
    receiver: Receiver, rabbitmq: RabbitNode
) -> None:
    await asyncio.to_thread(rabbitmq.stop)
    assert not receiver.courier.connected()
    receiver.courier.publish([ticket() for _ in range(2_000)])
    assert sum(receiver.courier.dropped.values()) >= 2_000
    await asyncio.to_thread(rabbitmq.start)
    await receiver.hears()
    assert receiver.courier.connected()


async def test_copies_flow_again_after_the_broker_was_killed_while_they_were_on_their_way(
    receiver: Receiver, rabbitmq: RabbitNode
) -> None:
    receiver.courier.publish([ticket() for _ in range(900)])
    await asyncio.sleep(0.1)
    await asyncio.to_thread(rabbitmq.kill)
    receiver.courier.publish([ticket() for _ in range(900)])
    await asyncio.to_thread(rabbitmq.start)
    await receiver.hears()
    assert receiver.courier.connected()


async def test_a_courier_that_starts_before_the_broker_finds_it(rabbitmq: RabbitNode, amqp_url: str) -> None:
    await asyncio.to_thread(rabbitmq.stop)
    courier = RabbitCourier(amqp_url)
    await courier.start()
    receiver = Receiver(courier)
    await asyncio.sleep(1)
    assert not courier.connected()
    await asyncio.to_thread(rabbitmq.start)
    await receiver.hears()
    await receiver.stop()
    await courier.stop()
