"""What every bench of the whole engine stands on: the services as separate processes, and what they use up."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.floor import floor
from common.adapters.mongo.client import Database, Document, connect
from common.messages.topology import ROAD
from tests.support.flows import FlowBuilder
from tests.support.installation import APART, Installation, installed
from tests.support.mongod import TestMongod
from tests.support.processes import cpu_seconds, resident_megabytes
from tests.support.rabbitmq import RabbitNode

PARTITIONS = int(os.environ.get("BENCH_PARTITIONS") or 8)
LOOK_SECONDS = 0.1
PATIENCE = 3_600.0
REQUEST = 500
"""Events in a request."""
TOGETHER = 10_000
AT_ONCE = 4
"""Requests under way."""

Event = dict[str, Any]


@dataclass
class Memory:
    """Megabytes of one process in the course of a measurement."""

    samples: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """`share`: of the time, from 0 to 1."""
        return self.samples[round(share * (len(self.samples) - 1))]

    @property
    def most(self) -> float:
        return max(self.samples)


@dataclass
class Usage:
    """What something took: seconds, CPU seconds by process, and memory by process."""

    began: float = field(default_factory=perf_counter)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)

    def so_far(self) -> float:
        """Seconds since the beginning."""
        return perf_counter() - self.began

    def table(self, things: int, thing: str) -> Table:
        used = Table(
            "process", f"CPU µs per {thing}", "MB at a tenth", "MB at half", "MB at the end", "MB at most"
        )
        for name, seconds in self.cpu.items():
            memory = self.memory[name]
            sizes = [memory.at(0.1), memory.at(0.5), memory.at(1), memory.most]
            used.add_row(name, f"{seconds / things * 1e6:,.0f}", *(f"{size:,.0f}" for size in sizes))
        used.add_row("all", f"{sum(self.cpu.values()) / things * 1e6:,.0f}")
        return used


class Stage:
    """An installation, its database, and the processes whose use is told."""

    def __init__(self, installation: Installation, database: Database, pids: Mapping[str, int]) -> None:
        self.installation = installation
        self.database = database
        self._pids = dict(pids)

    async def run(self, name: str, flow: FlowBuilder) -> None:
        """Store this flow and run it."""
        body = flow.build().model_dump(mode="json", exclude_unset=True)
        await self.installation.call("PUT", f"/v1/flows/{name}", json=body, headers={"If-None-Match": "*"})
        await self.installation.call("POST", f"/v1/flows/{name}/run", headers={"If-Match": "*"})

    async def multiply(self, one: Document, collection: str, rows: Iterable[Document]) -> None:
        """Many documents like this one, put where they are kept: each differs by its row."""
        waiting = iter(rows)
        while lot := list(islice(waiting, TOGETHER)):
            await self.database[collection].insert_many([one | row for row in lot], ordered=False)

    async def post(self, requests: Iterable[bytes]) -> None:
        """Over HTTP, some at a time; those that are pushed back come again."""
        waiting = iter(requests)

        async def sender() -> None:
            for body in waiting:
                await self.installation.call(
                    "POST",
                    "/v1/events",
                    patience=PATIENCE,
                    content=body,
                    headers={"Content-Type": "application/json"},
                )

        await asyncio.gather(*(sender() for _ in range(AT_ONCE)))

    async def reach(self, number: int, count: Callable[[], Awaitable[int]]) -> None:
        """Until so many are counted."""
        async with asyncio.timeout(PATIENCE):
            while await count() < number:
                await asyncio.sleep(LOOK_SECONDS)

    async def drained(self) -> None:
        """Until nothing is on the road."""
        work = self.database["work"]
        async with asyncio.timeout(PATIENCE):
            while await work.count_documents({"service": {"$in": ROAD}}):
                await asyncio.sleep(LOOK_SECONDS)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Usage]:
        """What all processes use within."""
        usage = Usage(memory={name: Memory() for name in self._pids})
        watching = asyncio.create_task(self._sample(usage))
        before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        try:
            yield usage
        finally:
            usage.seconds = usage.so_far()
            watching.cancel()
        usage.cpu = {name: cpu_seconds(pid) - before[name] for name, pid in self._pids.items()}

    async def _sample(self, usage: Usage) -> None:
        while True:
            for name, memory in usage.memory.items():
                memory.samples.append(resident_megabytes(self._pids[name]))
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def staged(mongod: TestMongod, node: RabbitNode, name: str, **settings: str) -> AsyncIterator[Stage]:
    """An installation of its own under this name; `settings` are variables without their prefix."""
    with TemporaryDirectory() as folder:
        given = {
            "MONGODB_URL": mongod.url,
            "AMQP_URL": node.url(node.take_host()),
            "DATABASE": name,
            "DATA_DIR": str(Path(folder) / "data"),
            "PARTITIONS": str(PARTITIONS),
            "SECRET": "a secret of the bench, long enough to be taken",
            "SMTP_URL": "smtp://127.0.0.1:9",
        } | settings
        environment = {f"HEADRACE_{key}": value for key, value in given.items()}
        database = connect(mongod.url, name, patience=120)
        async with database.client, installed(Path(folder), environment, APART) as installation:
            assert mongod.pid is not None and node.pid is not None, "they run"
            pids = {service: installation.pid(service) for service in APART}
            yield Stage(installation, database, pids | {"mongod": mongod.pid, "rabbitmq": node.pid})


async def floor_of(mongod: TestMongod, records: int) -> float:
    """The floor once, in a database that is dropped again."""
    database = connect(mongod.url, "floor")
    async with database.client:
        rate = await floor(database, records)
        await database.client.drop_database(database.name)
    return rate


def requests_of(events: Iterable[Event]) -> list[bytes]:
    """Many in a request, encoded: whoever sends events has spent that elsewhere, and not on this machine."""
    waiting = iter(events)
    return [json.dumps(lot).encode() for lot in iter(lambda: list(islice(waiting, REQUEST)), [])]


def orders(first: int, number: int, **fields: Any) -> Iterable[Event]:
    """Each by a contact of its own."""
    for each in range(first, first + number):
        yield {
            "id": f"order-{each}",
            "type": "order.placed",
            "source": "shop",
            "subject": f"contact-{each}",
            "data": {"order": str(each), "amount": 25.0, **fields},
        }


def show(*tables: Table) -> None:
    console = Console()
    for table in tables:
        console.print(table)


def ratio_table(unit: str, best: float, rates: Sequence[tuple[str, float]]) -> Table:
    """Rates beside the floor."""
    table = Table("", unit, "of the floor")
    table.add_row("floor", f"{best:,.0f}", "")
    for name, rate in rates:
        table.add_row(name, f"{rate:,.0f}", f"{rate / best:.0%}")
    return table
