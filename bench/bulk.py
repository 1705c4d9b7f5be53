"""How fast a whole selection is enrolled, and in how much memory, beside the floor of the same run.

`python -m bench.bulk [PEOPLE]`: the real services, each a process of its own, over RabbitMQ, on a private MongoDB and
broker. A million by hand; `make bench` takes fewer.
"""

import asyncio
import sys
from typing import Any

from bench.servers import servers
from bench.stage import LOOK_SECONDS, PARTITIONS, Stage, floor_of, ratio_table, show, staged
from tests.support.crowd import crowd
from tests.support.flows import a_flow, country_is
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode

ROUNDS = 3
FLOOR_RECORDS = 20_000
NAME = "crowd"
BULK = "/v1/enrolments/bulk"
WARM = 2_000
"""Enrolled before anything is measured."""


async def prepare(stage: Stage, selection: str, people: int) -> None:
    """A flow with a filter and a wait, running, and a selection."""
    await stage.installation.call("PUT", f"/v1/selections/{selection}", json={"name": selection})
    flow = a_flow().triggered_by({"kind": "manual"}).filtered(*country_is("DE", "SE"))
    await stage.run(selection, flow.wait("rest", days=7))
    await crowd(stage.database, selection, people, PARTITIONS, country="DE")


async def enrolled(stage: Stage, selection: str) -> None:
    """Everybody on the selection, until each is decided on."""
    body = {"flow": selection, "selection": selection, "id": selection}
    bulk: dict[str, Any] = await stage.installation.call("POST", BULK, json=body)
    while bulk["state"] == "running":
        await asyncio.sleep(LOOK_SECONDS)
        bulk = await stage.installation.call("GET", f"{BULK}/{bulk['id']}")
    assert (bulk["state"], bulk["enrolled"]) == ("done", bulk["total"]), bulk


async def reported(stage: Stage) -> int:
    return int((await stage.installation.call("GET", f"/v1/reports/flows/{NAME}"))["enrolled"])


async def measure(mongod: TestMongod, node: RabbitNode, people: int) -> None:
    floors = [await floor_of(mongod, FLOOR_RECORDS) for _ in range(ROUNDS)]
    async with staged(mongod, node, "bulk") as stage:
        await prepare(stage, "warm", WARM)
        await prepare(stage, NAME, people)
        await enrolled(stage, "warm")
        async with stage.watched() as usage:
            await enrolled(stage, NAME)
            seconds = usage.so_far()
            await stage.reach(people, lambda: reported(stage))
    rates = [(f"{people:,} enrolled", people / seconds), ("and reported", people / usage.seconds)]
    show(ratio_table("people/s", max(floors), rates), usage.table(people, "person"))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, count))
