"""Events that concern nobody, and events among many flows.

`python -m bench.events [EVENTS [FLOWS]]`: events a second of which no flow hears and which change no contact; then
what an event costs among FLOWS running flows, beside ten, where they are told apart by the event's name, and where
nothing but their conditions tells them apart.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence

from rich.table import Table

from bench.servers import servers
from bench.stage import Event, Stage, Usage, requests_of, show, staged
from common.adapters.mongo.flow_versions import VERSIONS
from common.adapters.mongo.flows import FLOWS
from tests.support.flows import FlowBuilder, a_flow, line
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode

PEOPLE = 500
FEW = 10
NAMED = "told apart by name"
CONDITIONED = "told apart by conditions"


def events(name: str, first: int, number: int) -> Iterator[Event]:
    """By a few people whom everybody knows."""
    for each in range(first, first + number):
        data = {"amount": 25.0, "page": f"/p/{each % 97}"}
        yield {
            "id": f"{name}-{each}",
            "type": name,
            "source": "shop",
            "subject": f"contact-{each % PEOPLE}",
            "data": data,
        }


async def taken(stage: Stage, name: str, number: int) -> Usage:
    """From the first posted until nothing is on the road; half as many before, which do not count."""
    await stage.post(requests_of(events(name, 0, number // 2)))
    await stage.drained()
    requests = requests_of(events(name, number, number))
    async with stage.watched() as usage:
        await stage.post(requests)
        await stage.drained()
    return usage


def named(number: int) -> list[FlowBuilder]:
    """Each hears of an event of its own."""
    triggers = [{"kind": "custom_event", "name": f"seen.{each}"} for each in range(number)]
    return [a_flow().triggered_by(trigger).wait("rest", days=7) for trigger in triggers]


def conditioned(number: int) -> list[FlowBuilder]:
    """All hear of one event, and want an amount that it does not have."""
    lines = [line("event.amount", "gt", 1_000 + each, "number") for each in range(number)]
    triggers = [{"kind": "custom_event", "name": "seen.0", "conditions": [wanted]} for wanted in lines]
    return [a_flow().triggered_by(trigger).wait("rest", days=7) for trigger in triggers]


async def run_all(stage: Stage, flows: Sequence[FlowBuilder]) -> None:
    """The first and the last over HTTP, which tells all services that there are new flows; those between are put
    where flows are kept, like the first but for what starts them."""
    first, *between, last = flows
    await stage.run("flow-0", first)
    like = await stage.database[FLOWS].find_one({"_id": "flow-0"}) or {}
    frozen = await stage.database[VERSIONS].find_one({"flow": "flow-0"}) or {}
    await stage.multiply(like, FLOWS, ({"_id": f"flow-{number}"} for number, _ in enumerate(between, 1)))
    await stage.multiply(
        frozen,
        VERSIONS,
        (
            {
                "_id": f"flow-{number}:1",
                "flow": f"flow-{number}",
                "document": flow.build().model_dump(mode="json"),
            }
            for number, flow in enumerate(between, 1)
        ),
    )
    await stage.run("last", last)


async def beside(
    mongod: TestMongod, node: RabbitNode, flows: Sequence[FlowBuilder], event: str, number: int
) -> Usage:
    async with staged(mongod, node, f"events{next(COUNT)}") as stage:
        await run_all(stage, flows)
        usage = await taken(stage, event, number)
        await stage.database.client.drop_database(stage.database.name)
    return usage


COUNT = iter(range(1_000))


async def measure(mongod: TestMongod, node: RabbitNode, number: int, flows: int) -> None:
    quiet = await beside(mongod, node, named(2), "page.viewed", number)
    alone = Table("", "events/s")
    alone.add_row("heard by nobody", f"{number / quiet.seconds:,.0f}")
    show(alone, quiet.table(number, "event"))
    table = Table("flows", "CPU µs per event, ten", f"{flows:,}", "times")
    for name, make in ((NAMED, named), (CONDITIONED, conditioned)):
        few, many = [
            sum((await beside(mongod, node, make(count), "seen.0", number)).cpu.values()) / number * 1e6
            for count in (FEW, flows)
        ]
        table.add_row(name, f"{few:,.0f}", f"{many:,.0f}", f"{many / few:.2f}")
    show(table)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    number, flows = [*given, *[20_000, 1_000][len(given) :]]
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, number, flows))
