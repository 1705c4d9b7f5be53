"""Enrolments a second, from events over HTTP to people parked on the first wait, beside the floor.

`python -m bench.enrolment [EVENTS]`: the real services, each a process of its own, over RabbitMQ. A flow with a
filter and a wait, started by orders; each order is by a contact of its own whom nobody knew. In
the same run Celery does the same job the usual way, where `scripts/peers` has made its environment.
"""

import asyncio
import sys

from bench.peers.celery_rate import celery_rate, is_there
from bench.servers import servers
from bench.stage import floor_of, orders, ratio_table, requests_of, show, staged
from common.adapters.mongo.participants import PARTICIPANTS
from tests.support.flows import a_flow, line
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode

WARM = 2_000
FLOOR_RECORDS = 20_000
ROUNDS = 2
PEER_EVENTS = 3_000


async def measure(mongod: TestMongod, node: RabbitNode, events: int) -> None:
    floors = [await floor_of(mongod, FLOOR_RECORDS) for _ in range(ROUNDS)]
    async with staged(mongod, node, "enrolment") as stage:
        filtered = a_flow().filtered(line("event.amount", "gt", 10, "number"))
        await stage.run("orders", filtered.wait("rest", days=7))
        participants = stage.database[PARTICIPANTS]
        await stage.post(requests_of(orders(0, WARM)))
        await stage.reach(WARM, participants.estimated_document_count)
        requests = requests_of(orders(WARM, events))
        async with stage.watched() as usage:
            await stage.post(requests)
            await stage.reach(WARM + events, participants.estimated_document_count)
            enrolled = usage.so_far()
            await stage.drained()
        parked = await participants.count_documents({"step": "rest", "due": {"$type": "date"}})
        assert parked == WARM + events, f"{parked} wait"
    floors.append(await floor_of(mongod, FLOOR_RECORDS))
    rates = [("parked on the first wait", events / enrolled), ("and reported", events / usage.seconds)]
    if is_there():
        peer = await celery_rate(mongod, node, min(events, PEER_EVENTS))
        rates.append((f"Celery, a {events / enrolled / peer:.0f}th", peer))
    show(ratio_table("enrolments/s", max(floors), rates), usage.table(events, "enrolment"))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with servers() as (mongod, node):
        asyncio.run(measure(mongod, node, count))
