"""No bus: partitions' owners find their tickets in `work`, woken in process (architecture.md §2)."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from common.messages.ticket import Ticket
from common.messages.topology import Service
from common.ports import Delivery


class NoCourier:
    """`common.ports.Courier` that carries nothing."""

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """Nothing to do: the tickets are in `work`."""

    def connected(self) -> bool:
        return False

    def consume(self, service: Service, partition: int) -> AsyncIterator[Delivery]:
        return Silence()


class Silence(AsyncIterator[Delivery]):
    """Yields nothing until its reader is cancelled."""

    async def __anext__(self) -> Delivery:
        delivery: Delivery = await asyncio.get_running_loop().create_future()
        return delivery
