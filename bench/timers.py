"""Wake-ups: what one costs with few and with many waiting beside it, and how late they are.

`python -m bench.timers [MANY [WAKING]]`: the same number of people wakes up beside 10,000 who sleep on, and beside
MANY; then some wake up one behind the other, so many a second.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from rich.table import Table

from bench.servers import servers
from bench.sleepers import Bed, at_once, never, one_behind_the_other
from bench.stage import Stage, Usage, show, staged
from common.adapters.mongo.participants import PARTICIPANTS
from tests.support.flows import a_flow
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode

FEW = 10_000
A_SECOND = (300, 1_000, 3_000)
FOR_SECONDS = 5


async def measure(mongod: TestMongod, node: RabbitNode, many: int, waking: int) -> None:
    async with staged(mongod, node, "timers") as stage:
        await stage.run("sleep", a_flow().wait("rest", days=7).wait("later", days=7))
        bed = Bed(stage, "sleep", "rest")
        await bed.lay("warm", at_once(waking)[1])
        await stage.reach(waking, moved(stage, "warm"))
        table = Table("waiting", "CPU µs per wake-up", "of them mongod", "wake-ups/s")
        for name, sleeping in (("few", FEW), ("many", many - FEW)):
            await bed.lay(f"still-{name}", never(sleeping), known=False)
            usage = await wake(stage, bed, name, waking)
            waiting = FEW if name == "few" else many
            table.add_row(f"{waiting:,}", *(f"{figure:,.0f}" for figure in figures(usage, waking)))
        late = Table("due a second", "p50 s late", "p99 s late")
        for rate in A_SECOND:
            seconds = await lateness(stage, bed, rate)
            late.add_row(f"{rate:,}", f"{median(seconds):.2f}", f"{quantiles(seconds, n=100)[98]:.2f}")
        show(table, late)


def figures(usage: Usage, waking: int) -> tuple[float, float, float]:
    all_of_it = sum(usage.cpu.values()) / waking * 1e6
    return all_of_it, usage.cpu["mongod"] / waking * 1e6, waking / usage.seconds


def moved(stage: Stage, name: str) -> Callable[[], Awaitable[int]]:
    """How many of these have woken up."""
    query = {"flow": "sleep", "run": 1, "status": "active", "step": "later", "_id": {"$regex": f"^{name}-"}}
    return lambda: stage.database[PARTICIPANTS].count_documents(query)


async def wake(stage: Stage, bed: Bed, name: str, waking: int) -> Usage:
    due, all_of_them = at_once(waking)
    await bed.lay(name, all_of_them)
    await stage.drained()
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
    async with stage.watched() as usage:
        await stage.reach(waking, moved(stage, name))
        await stage.drained()
    return usage


async def lateness(stage: Stage, bed: Bed, rate: int) -> list[float]:
    """Seconds from each timer to the time at which it was decided."""
    name, number = f"late{rate}", rate * FOR_SECONDS
    dues = list(one_behind_the_other(number, rate))
    await bed.lay(name, dues)
    await asyncio.sleep((dues[-1] - datetime.now(UTC)) / timedelta(seconds=1))
    await stage.reach(number, moved(stage, name))
    found = stage.database[PARTICIPANTS].find({"_id": {"$regex": f"^{name}-"}}, {"since": 1})
    since = {row["_id"]: row["since"] async for row in found}
    return [(since[f"{name}-{place}"] - due).total_seconds() for place, due in enumerate(dues)]


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    many, waking = [*given, *[100_000, 5_000][len(given) :]]
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, many, waking))
