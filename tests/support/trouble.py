"""What can go wrong with an installation, drawn from a seed: one trouble after the other, noted with its times."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from aio_pika.exceptions import AMQPException

from common.messages.topology import ROAD, queue_name
from tests.support.installation import APART, Installation
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode
from tests.support.tcp_proxy import TcpProxy

AWAY_SECONDS = (0.2, 1.5)
SLOW_SECONDS, SLOW_DELAY = 2.0, 0.02
BETWEEN_SECONDS = 1.0
MOVABLE = ("trigger", "success", "filter", "executor", "reporting")
KILLS = frozenset({"kill service", "kill mongod", "kill rabbitmq", "fill mongod"})
"""Troubles by which a process ends where it stands."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Machine times: when it began, and when what it struck was started again."""

    name: str
    began: datetime
    over: datetime


@dataclass
class Troublemaker:
    """`lines`: the proxies in front of MongoDB, RabbitMQ and the mail server, by name."""

    seed: int
    installation: Installation
    mongod: TestMongod
    rabbitmq: RabbitNode
    host: str
    partitions: int
    lines: Mapping[str, TcpProxy]
    happened: list[Trouble] = field(default_factory=list)
    purged: int = 0
    revived: Counter[str] = field(default_factory=Counter)
    """Processes that ended by themselves (MongoDB was away as they started) and were started again."""

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._extra: list[str] = []
        self._ways: Mapping[str, Callable[[], Awaitable[None]]] = {
            "kill service": self._kill_service,
            "kill mongod": self._kill_mongod,
            "kill rabbitmq": self._kill_rabbitmq,
            "cut connections": self._cut,
            "slow connections": self._slow,
            "purge queues": self._purge,
            "fill rabbitmq": self._fill_rabbitmq,
            "fill mongod": self._fill_mongod,
            "move partitions": self._move,
            "mongod away 30 s": self._mongod_away,
            "rabbitmq away 60 s": self._rabbitmq_away,
        }

    @property
    def kills(self) -> int:
        return sum(each.name in KILLS for each in self.happened)

    @property
    def breaks(self) -> int:
        """How often connections broke: each may leave in doubt what was on them."""
        return self.kills + sum(each.name == "cut connections" for each in self.happened)

    async def make(self, wanted: Mapping[str, int]) -> None:
        """So many of each, in an order of chance; afterwards everything runs again."""
        names = [name for name, number in wanted.items() for _ in range(number)]
        self._random.shuffle(names)
        reviving = asyncio.create_task(self._revive())
        for name in names:
            await asyncio.sleep(self._random.uniform(0, BETWEEN_SECONDS))
            began = datetime.now(UTC)
            await self._ways[name]()
            self.happened.append(Trouble(name, began, datetime.now(UTC)))
        while not await self._all_ready():  # noqa: ASYNC110 - the services are processes of their own
            await asyncio.sleep(0.5)
        reviving.cancel()

    async def _all_ready(self) -> bool:
        """Whether everybody is; one that ended as it started is being started again."""
        with suppress(AssertionError):
            await self.installation.ready()
            return True
        return False

    async def _revive(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.revived.update(self.installation.revive())

    async def _away(self) -> None:
        await asyncio.sleep(self._random.uniform(*AWAY_SECONDS))

    async def _kill_service(self) -> None:
        service = self._random.choice([*APART, *self._extra])
        self.installation.kill(service)
        await self._away()
        self.installation.start(service)

    async def _kill_mongod(self) -> None:
        await asyncio.to_thread(self.mongod.kill)
        await self._away()
        await asyncio.to_thread(self.mongod.start)

    async def _kill_rabbitmq(self) -> None:
        await asyncio.to_thread(self.rabbitmq.kill)
        await self._away()
        await asyncio.to_thread(self.rabbitmq.start)

    async def _mongod_away(self) -> None:
        await asyncio.to_thread(self.mongod.kill)
        await asyncio.sleep(30)
        await asyncio.to_thread(self.mongod.start)

    async def _rabbitmq_away(self) -> None:
        await asyncio.to_thread(self.rabbitmq.stop)
        await asyncio.sleep(60)
        await asyncio.to_thread(self.rabbitmq.start)

    async def _cut(self) -> None:
        self._line().cut()

    async def _slow(self) -> None:
        line = self._line()
        line.delay = SLOW_DELAY
        await asyncio.sleep(SLOW_SECONDS)
        line.delay = 0.0

    def _line(self) -> TcpProxy:
        return self.lines[self._random.choice(sorted(self.lines))]

    async def _purge(self) -> None:
        names = [queue_name(service, number) for service in ROAD for number in range(self.partitions)]
        # Not all need be declared yet, and after a kill leaders are elected first.
        with suppress(AMQPException, OSError, TimeoutError):
            self.purged += await asyncio.wait_for(self.rabbitmq.purge(*names, host=self.host), 10)

    async def _fill_rabbitmq(self) -> None:
        await asyncio.to_thread(self.rabbitmq.fill_disk)
        await self._away()
        await asyncio.to_thread(self.rabbitmq.free_disk)

    async def _fill_mongod(self) -> None:
        self.mongod.fill_disk()
        await asyncio.to_thread(self.mongod.gone)
        await self._away()
        await asyncio.to_thread(self.mongod.start)

    async def _move(self) -> None:
        """A further process takes its share of a service's partitions, or gives them back."""
        if self._extra and self._random.random() < 0.5:
            service = self._extra.pop(self._random.randrange(len(self._extra)))
            await asyncio.to_thread(self.installation.dismiss, service)
            return
        service = f"{self._random.choice(MOVABLE)}-{len(self.happened)}"
        self._extra.append(service)
        self.installation.start(service)


def troubled(happened: Sequence[Trouble], start: datetime, end: datetime) -> float:
    """Seconds between these in which something was away."""
    seconds, reached = 0.0, start
    for each in sorted(happened, key=lambda each: each.began):
        began, over = max(each.began, reached), min(each.over, end)
        seconds += max((over - began).total_seconds(), 0.0)
        reached = max(reached, min(each.over, end))
    return seconds
