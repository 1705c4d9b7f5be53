"""How fast records travel a road whose services do nothing but pass them on, beside the floor of the same run.

`python -m bench.road [RECORDS]`: each service a process of its own, over RabbitMQ, on a private MongoDB and broker.
"""

import asyncio
import sys
from collections.abc import Mapping
from time import perf_counter

from rich.console import Console
from rich.table import Table

from bench.floor import floor
from bench.servers import servers
from common.adapters.mongo.client import connect
from common.messages.topology import ROAD, Service
from tests.support.echo import open_echo
from tests.support.mongod import TestMongod
from tests.support.processes import cpu_seconds
from tests.support.rabbitmq import RabbitNode
from tests.support.road import RoadUnderTest, record

REQUEST = 1_000
ROUNDS = 3


async def road(mongod: TestMongod, amqp_url: str, records: int) -> tuple[float, Mapping[Service, float]]:
    """Records a second from intake to the last stage, and CPU microseconds per record by process."""
    process = await open_echo(mongod.url, "road", amqp_url, partitions=8)
    async with process.closing:
        under_test = RoadUnderTest(process, [mongod.url, "road", "--amqp", amqp_url])
        owners = {service: under_test.start(services=[service]) for service in ROAD}
        try:
            await under_test.post(under_test.records(8 * REQUEST))
            await under_test.arrived(seconds=120)
            before = {service: cpu_seconds(owner.process.pid) for service, owner in owners.items()}
            began = perf_counter()
            await post(under_test, records)
            await under_test.arrived(seconds=600)
            rate = records / (perf_counter() - began)
            spent = {
                s: (cpu_seconds(owner.process.pid) - before[s]) / records * 1e6 for s, owner in owners.items()
            }
        finally:
            under_test.end()
    return rate, spent


async def post(under_test: RoadUnderTest, records: int) -> None:
    """Requests of a thousand, four at a time, each record about a contact of its own."""
    fresh = [record(number) for number in range(8 * REQUEST, 8 * REQUEST + records)]
    slots = asyncio.Semaphore(4)

    async def request(first: int) -> None:
        async with slots:
            lot = [each.but(contact=f"contact-{each.id}") for each in fresh[first : first + REQUEST]]
            await under_test.post(lot)

    await asyncio.gather(*(request(first) for first in range(0, records, REQUEST)))


async def measure(mongod: TestMongod, node: RabbitNode, records: int) -> None:
    floors = []
    for number in range(ROUNDS):
        database = connect(mongod.url, f"floor{number}")
        async with database.client:
            floors.append(await floor(database, records))
            await database.client.drop_database(database.name)
    rate, spent = await road(mongod, node.url(node.take_host()), records)
    show(max(floors), rate, spent)


def show(best: float, rate: float, spent: Mapping[Service, float]) -> None:
    table = Table("", "records/s", "of the floor")
    table.add_row("floor", f"{best:,.0f}", "")
    table.add_row("road", f"{rate:,.0f}", f"{rate / best:.0%}")
    cpu = Table("process", "CPU µs per record")
    for service, microseconds in spent.items():
        cpu.add_row(service, f"{microseconds:,.0f}")
    console = Console()
    console.print(table)
    console.print(cpu)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, count))
