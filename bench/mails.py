"""Personalised mails a second over real SMTP, the ledger kept; and how soon an event's mail is at the server.

`python -m bench.mails [MAILS [SECONDS]]`: people wake up before a mail, all at once; the mails go to smtp-sink of
postfix where it is installed, else to a server of the tests. Then orders come in, 40 and 200 a second for a while,
and each is answered by a mail at once.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.table import Table

from bench.arrivals import Arrivals
from bench.servers import servers
from bench.sleepers import Bed, at_once, contact
from bench.stage import Stage, orders, requests_of, show, staged
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.effects import EFFECTS
from tests.support.flows import a_flow
from tests.support.mongod import TestMongod
from tests.support.ports import free_port
from tests.support.rabbitmq import RabbitNode
from tests.support.sink_process import SinkProcess

POOL = "64"
"""Connections to the mail server."""
A_SECOND = (40, 200)
BURST = 5
"""Orders in a request."""
CONTENT = {
    "name": "Hello",
    "subject": "For {{ contact.email }}: {{ event.order | default: 'news' }}",
    "html": "<h1>Hello {{ contact.email }}</h1><p>We have <a href='{{ links.offer }}'>something</a> for you in "
    "{{ contact.country }}.</p>" + "<p>And some words more, as mails have them.</p>" * 40,
    "links": {"offer": "https://shop.example.org/offer"},
}


@contextmanager
def a_sink() -> Iterator[tuple[str, int]]:
    """What takes the mail: its name and its port."""
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        with TemporaryDirectory() as folder:
            sink = SinkProcess(Path(folder) / "mails")
            yield "aiosmtpd", sink.port
            sink.stop()
        return
    port = free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program, *as_nobody, f"127.0.0.1:{port}", "100"])
    yield "smtp-sink", port
    process.terminate()
    process.wait()


async def many(mongod: TestMongod, node: RabbitNode, mails: int) -> None:
    with a_sink() as (name, port):
        async with staged(
            mongod, node, "mails", SMTP_URL=f"smtp://127.0.0.1:{port}", SMTP_POOL=POOL
        ) as stage:
            await stage.installation.call("PUT", "/v1/contents/hello", json=CONTENT)
            await stage.run("hello", a_flow().wait("rest", days=7).mail("hello").wait("later", days=7))
            bed = Bed(stage, "hello", "rest")
            warm = mails // 10
            await bed.lay("warm", at_once(warm)[1])
            await stage.reach(warm, lambda: sent(stage))
            due, dues = at_once(mails)
            await bed.lay("mailed", dues)
            await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
            async with stage.watched() as usage:
                await stage.reach(warm + mails, lambda: sent(stage))
                rate = mails / usage.so_far()
                await stage.drained()
    table = Table(f"to {name}", "mails/s")
    table.add_row(f"{mails:,} planned, sent and in the ledger", f"{rate:,.0f}")
    show(table, usage.table(mails, "mail"))


async def sent(stage: Stage) -> int:
    return await stage.database[EFFECTS].count_documents({"state": "done"})


async def soon(mongod: TestMongod, node: RabbitNode, rate: int, seconds: int) -> tuple[float, float]:
    """Median and 99th percentile, in seconds. The server is in this process, so that one clock tells both ends."""
    arrivals = Arrivals()
    await arrivals.start()
    async with staged(
        mongod, node, f"soon{rate}", SMTP_URL=f"smtp://127.0.0.1:{arrivals.port}", SMTP_POOL=POOL
    ) as stage:
        number = rate * seconds
        await stage.installation.call("PUT", "/v1/contents/hello", json=CONTENT)
        await stage.run("hello", a_flow().mail("hello").wait("later", days=7))
        await stage.multiply({}, CONTACTS, (contact(f"contact-{each}") for each in range(2 * number)))
        await paced(stage, 0, number, rate)
        posted = await paced(stage, number, number, rate)
        await stage.reach(2 * number, lambda: sent(stage))
    late = [arrivals.at[order] - at for order, at in posted.items()]
    await arrivals.stop()
    return median(late), quantiles(late, n=100)[98]


async def paced(stage: Stage, first: int, number: int, rate: int) -> dict[str, float]:
    """Posted at that pace, whether or not they are answered; when each was, by the number of the order."""
    posted: dict[str, float] = {}
    async with asyncio.TaskGroup() as group:
        began = perf_counter()
        for start in range(first, first + number, BURST):
            await asyncio.sleep(began + (start - first) / rate - perf_counter())
            posted |= dict.fromkeys(map(str, range(start, start + BURST)), perf_counter())
            group.create_task(stage.post(requests_of(orders(start, BURST))))
    return posted


async def measure(mongod: TestMongod, node: RabbitNode, mails: int, seconds: int) -> None:
    await many(mongod, node, mails)
    table = Table("event to mail at the server", "p50 ms", "p99 ms")
    for rate in A_SECOND:
        half, p99 = await soon(mongod, node, rate, seconds)
        table.add_row(f"{rate} a second", f"{half * 1000:,.0f}", f"{p99 * 1000:,.0f}")
    show(table)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    mails, seconds = [*given, *[5_000, 10][len(given) :]]
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, mails, seconds))
