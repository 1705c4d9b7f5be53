"""Wakes within a process: a loop sleeps on its bell, and whoever has work for it rings."""

import asyncio

from common.messages.topology import Service

Key = tuple[Service, int]


class Bells:
    """One bell for each service and partition of this process."""

    def __init__(self) -> None:
        self._events: dict[Key, asyncio.Event] = {}

    def of(self, service: Service, partition: int) -> asyncio.Event:
        return self._events.setdefault((service, partition), asyncio.Event())

    def ring(self, service: Service, partition: int) -> None:
        if event := self._events.get((service, partition)):
            event.set()

    def ring_service(self, service: Service) -> None:
        """All its partitions: the clock has moved."""
        for key, event in self._events.items():
            if key[0] is service:
                event.set()


async def heard(bell: asyncio.Event, seconds: float) -> None:
    """Sleep until the bell rings, `seconds` at most; the bell is silent afterwards."""
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
    finally:
        bell.clear()
