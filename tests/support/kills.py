"""Pulling plugs: processes of an installation, and the servers below it, go and come back."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.support.installation import Installation
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode

AWAY_SECONDS = 1.0

Kill = Callable[[], Awaitable[None]]


def kill_of(installation: Installation, service: str) -> Kill:
    async def kill() -> None:
        installation.kill(service)
        await asyncio.sleep(AWAY_SECONDS)
        installation.start(service)

    return kill


def server_kill(server: RabbitNode | TestMongod) -> Kill:
    async def kill() -> None:
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(server.start)

    return kill
