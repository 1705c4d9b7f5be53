"""How fast a whole selection is enrolled, and in how much memory, beside the floor of the same run.

`python -m bench.bulk [PEOPLE]`: the real services, each a process of its own, over RabbitMQ, on a private MongoDB and
broker. A million by hand; `make bench` takes fewer.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.floor import floor
from bench.servers import servers
from common.adapters.mongo.client import connect
from tests.support.crowd import crowd
from tests.support.flows import a_flow, country_is
from tests.support.installation import APART, Installation, installed
from tests.support.mongod import TestMongod
from tests.support.processes import cpu_seconds, resident_megabytes
from tests.support.rabbitmq import RabbitNode

PARTITIONS = 8
ROUNDS = 3
FLOOR_RECORDS = 20_000
LOOK_SECONDS = 0.5
NAME = "crowd"
BULK = "/v1/enrolments/bulk"
WARM = 2_000
"""Enrolled before anything is measured."""


@dataclass
class Memory:
    """Megabytes of one process, by how many people were enrolled."""

    samples: list[tuple[int, float]] = field(default_factory=list)

    def about(self, people: int) -> float:
        return min(self.samples, key=lambda sample: abs(sample[0] - people))[1]

    @property
    def most(self) -> float:
        return max(size for _, size in self.samples)


@dataclass(frozen=True)
class Measured:
    """Rates in people a second: enrolled, and counted in the report as well."""

    people: int
    rate: float
    reported: float
    cpu: Mapping[str, float]
    memory: Mapping[str, Memory]


async def gather_people(mongod: TestMongod, people: int) -> None:
    database = connect(mongod.url, "bulk", patience=120)
    async with database.client:
        await crowd(database, "warm", WARM, PARTITIONS, country="DE")
        await crowd(database, NAME, people, PARTITIONS, country="DE")


@asynccontextmanager
async def an_installation(mongod: TestMongod, amqp_url: str, database: str) -> AsyncIterator[Installation]:
    with TemporaryDirectory() as name:
        environment = {
            "HEADRACE_MONGODB_URL": mongod.url,
            "HEADRACE_AMQP_URL": amqp_url,
            "HEADRACE_DATABASE": database,
            "HEADRACE_DATA_DIR": str(Path(name) / "data"),
            "HEADRACE_PARTITIONS": str(PARTITIONS),
            "HEADRACE_SECRET": "a secret of the bench, long enough to be taken",
            "HEADRACE_SMTP_URL": "smtp://127.0.0.1:9",
        }
        async with installed(Path(name), environment, APART) as installation:
            yield installation


async def prepare(installation: Installation) -> None:
    """A flow with a filter and a wait, running; a selection to warm up with, and the one to be measured."""
    flow = a_flow().triggered_by({"kind": "manual"}).filtered(*country_is("DE", "SE")).wait("rest", days=7)
    body = flow.build().model_dump(mode="json", exclude_unset=True)
    for selection in ("warm", NAME):
        await installation.call("PUT", f"/v1/selections/{selection}", json={"name": selection})
        await installation.call("PUT", f"/v1/flows/{selection}", json=body, headers={"If-None-Match": "*"})
        await installation.call("POST", f"/v1/flows/{selection}/run", headers={"If-Match": "*"})


async def start(installation: Installation, selection: str) -> dict[str, Any]:
    body = {"flow": selection, "selection": selection, "id": selection}
    return dict(await installation.call("POST", BULK, json=body))


async def over(installation: Installation, bulk: dict[str, Any], look: Any = lambda enrolled: None) -> None:
    """Until everybody is decided on; `look` is told how many were enrolled by then."""
    while True:
        bulk = await installation.call("GET", f"{BULK}/{bulk['id']}")
        look(bulk["enrolled"])
        if bulk["state"] != "running":
            break
        await asyncio.sleep(LOOK_SECONDS)
    assert (bulk["state"], bulk["enrolled"]) == ("done", bulk["total"]), bulk


async def reported(installation: Installation, people: int) -> None:
    while True:
        if (await installation.call("GET", f"/v1/reports/flows/{NAME}"))["enrolled"] >= people:
            break
        await asyncio.sleep(LOOK_SECONDS)


async def enrol(mongod: TestMongod, amqp_url: str, people: int) -> Measured:
    async with an_installation(mongod, amqp_url, "bulk") as installation:
        await prepare(installation)
        await gather_people(mongod, people)
        await over(installation, await start(installation, "warm"))
        assert mongod.pid is not None, "it runs"
        pids = {service: installation.pid(service) for service in APART} | {"mongod": mongod.pid}
        memory = {name: Memory() for name in APART}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}

        def look(enrolled: int) -> None:
            for name, kept in memory.items():
                kept.samples.append((enrolled, resident_megabytes(pids[name])))

        look(0)
        began = perf_counter()
        await over(installation, await start(installation, NAME), look)
        rate = people / (perf_counter() - began)
        await reported(installation, people)
        until_reported = people / (perf_counter() - began)
        spent = {name: (cpu_seconds(pid) - before[name]) / people * 1e6 for name, pid in pids.items()}
    return Measured(people, rate, until_reported, spent, memory)


async def measure(mongod: TestMongod, node: RabbitNode, people: int) -> None:
    floors = []
    for number in range(ROUNDS):
        database = connect(mongod.url, f"floor{number}")
        async with database.client:
            floors.append(await floor(database, FLOOR_RECORDS))
            await database.client.drop_database(database.name)
    show(max(floors), await enrol(mongod, node.url(node.take_host()), people))


def show(best: float, found: Measured) -> None:
    table = Table("", "people/s", "of the floor")
    table.add_row("floor", f"{best:,.0f}", "")
    table.add_row(f"{found.people:,} enrolled", f"{found.rate:,.0f}", f"{found.rate / best:.0%}")
    table.add_row("and reported", f"{found.reported:,.0f}", f"{found.reported / best:.0%}")
    used = Table("process", "CPU µs per person", "MB at a tenth", "MB at half", "MB at the end", "MB at most")
    for name, microseconds in found.cpu.items():
        kept = found.memory.get(name)
        sizes = [kept.about(found.people * tenths // 10) for tenths in (1, 5, 10)] if kept else []
        sizes += [kept.most] if kept else []
        used.add_row(name, f"{microseconds:,.0f}", *(f"{size:,.0f}" for size in sizes))
    console = Console()
    console.print(table)
    console.print(used)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, count))
