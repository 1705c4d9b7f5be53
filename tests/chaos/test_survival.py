"""Events come in while everything that can go wrong does, in an order of chance.

What came of it is compared with the services' own decisions, run once more over the recorded order
(docs/reliability.md). The order of chance follows from `HEADRACE_CHAOS_SEED`, which is printed.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from common.domain.effect import EffectState
from common.domain.ids import event_id
from tests.support.campaign import (
    JOURNEY,
    SOURCE,
    TALLY,
    TYPES,
    Senders,
    flows,
    prepare,
    set_going,
)
from tests.support.http_sink import HttpSink
from tests.support.installation import APART, Installation, installed
from tests.support.mongod import Database, TestMongod
from tests.support.outcome import message_ids
from tests.support.rabbitmq import RabbitNode
from tests.support.reckoning import Reckoned, arrived_once, in_state, reckon
from tests.support.replay import PATIENCE
from tests.support.sink_process import SinkProcess
from tests.support.tcp_proxy import TcpProxy
from tests.support.trouble import Troublemaker

PARTITIONS = 4
CONNECTIONS = 16 if os.environ.get("HEADRACE_CHAOS") == "long" else 4
"""Of each channel."""
PATIENCE_IN_QUIET = 3_000
"""Seconds for what is left when the last event is in."""
OPEN = ("planned", "claimed", "sending")


@dataclass(frozen=True)
class Form:
    """`seconds`: for which events come in, if all goes well."""

    events: int
    people: int
    seconds: float
    troubles: Mapping[str, int]


SHORT = Form(
    events=1_000,
    people=200,
    seconds=8,
    troubles={
        "kill service": 2,
        "kill mongod": 1,
        "kill rabbitmq": 1,
        "cut connections": 2,
        "purge queues": 1,
        "fill rabbitmq": 1,
        "fill mongod": 1,
        "move partitions": 1,
    },
)
LONG = Form(
    events=200_000,
    people=20_000,
    seconds=600,
    troubles={
        "kill service": 80,
        "kill mongod": 16,
        "kill rabbitmq": 8,
        "cut connections": 30,
        "slow connections": 12,
        "purge queues": 12,
        "fill rabbitmq": 4,
        "fill mongod": 4,
        "move partitions": 20,
        "mongod away 30 s": 1,
        "rabbitmq away 60 s": 1,
    },
)
FORM = LONG if os.environ.get("HEADRACE_CHAOS") == "long" else SHORT
SEED = int(os.environ.get("HEADRACE_CHAOS_SEED") or Random().randrange(1_000_000))


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.timeout(7200)
async def test_whatever_goes_wrong_all_is_decided_by_the_recorded_order_and_arrives_once(
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    mongod: TestMongod,
    rabbitmq: RabbitNode,
    amqp_url: str,
    database: Database,
    sink: SinkProcess,
) -> None:
    print(f"HEADRACE_CHAOS_SEED={SEED}")
    host = amqp_url.rpartition("/")[2]
    clock = await set_going(environment["HEADRACE_MONGODB_URL"], database.name)
    async with web_sink() as web, proxies(mongod, rabbitmq, sink) as lines:
        around = environment | through(lines, web, host)
        async with installed(tmp_path_factory.mktemp("logs"), around, APART) as installation:
            await prepare(installation, FORM.people, web.url)
            trouble = Troublemaker(SEED, installation, mongod, rabbitmq, host, PARTITIONS, lines)
            senders = Senders(
                installation, Random(SEED), FORM.people, FORM.events, lot=20, at_once=6, seconds=FORM.seconds
            )
            await asyncio.gather(senders.post(), trouble.make(FORM.troubles))
            await quiet(database)
            assert senders.accepted == {event_id(SOURCE, str(number)) for number in range(FORM.events)}
            assert await archived(database) == senders.accepted
            reckoned = await reckon(database, flows(web.url), FORM.people, clock, trouble.happened)
            await hold_effects(database, installation, sink, web, breaks=trouble.breaks)
            await hold_reports(installation, reckoned)
            tell(trouble, senders, reckoned)


@asynccontextmanager
async def web_sink() -> AsyncIterator[HttpSink]:
    """Takes text messages and calls."""
    web = HttpSink()
    await web.start()
    yield web
    await web.stop()


@asynccontextmanager
async def proxies(
    mongod: TestMongod, rabbitmq: RabbitNode, sink: SinkProcess
) -> AsyncIterator[Mapping[str, TcpProxy]]:
    lines = {
        "mongod": TcpProxy(mongod.port),
        "rabbitmq": TcpProxy(rabbitmq.port),
        "mail": TcpProxy(sink.port),
    }
    for line in lines.values():
        await line.start()
    yield lines
    for line in lines.values():
        line.stop()


def through(lines: Mapping[str, TcpProxy], web: HttpSink, host: str) -> dict[str, str]:
    """What services are told, so that their connections can be cut."""
    return {
        "HEADRACE_MONGODB_URL": f"mongodb://127.0.0.1:{lines['mongod'].port}/?directConnection=true",
        "HEADRACE_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{lines['rabbitmq'].port}/{host}",
        "HEADRACE_SMTP_URL": f"smtp://127.0.0.1:{lines['mail'].port}",
        "HEADRACE_PARTITIONS": str(PARTITIONS),
        "HEADRACE_SMTP_POOL": str(CONNECTIONS),
        "HEADRACE_SMS_URL": f"{web.url}/sms",
        "HEADRACE_SMS_POOL": str(CONNECTIONS),
        "HEADRACE_WEBHOOK_ALLOW": "127.0.0.0/8",
        "HEADRACE_WEBHOOK_POOL": str(CONNECTIONS),
    }


async def quiet(database: Database) -> None:
    """Until nothing is on its way, nobody is inside a flow, and every message has its outcome."""
    store = database.client[database.name]
    async with asyncio.timeout(PATIENCE_IN_QUIET):
        while (  # noqa: ASYNC110 - the services are processes of their own
            await store.work.find_one({})
            or await store.participants.find_one({"status": "active"})
            or await store.effects.find_one({"state": {"$in": list(OPEN)}})
        ):
            await asyncio.sleep(0.5)


async def archived(database: Database) -> set[str]:
    rows = database.client[database.name].events.find({"type": {"$in": list(TYPES)}}, {"_id": 1})
    return {row["_id"] async for row in rows}


async def hold_effects(
    database: Database, installation: Installation, sink: SinkProcess, web: HttpSink, *, breaks: int
) -> None:
    """Mails and texts came once; calls, which may be repeated, under their one id; doubts are few, and shown."""
    store = database.client[database.name]
    assert await store.effects.count_documents({"state": {"$nin": ["done", "in_doubt"]}}) == 0
    assert await store.parked.count_documents({}) == 0
    received = sink.received()
    mails = Counter({name.removeprefix("effect."): 1 for name in message_ids(received)})
    assert set(received.values()) == {1}, "a mail came twice"
    texts = Counter(asked.document["id"] for asked in web.at("/sms"))
    doubts = 0
    for channel, arrived in (("email", mails), ("sms", texts)):
        done = await in_state(database, channel, EffectState.DONE)
        in_doubt = await in_state(database, channel, EffectState.IN_DOUBT)
        arrived_once(done, in_doubt, arrived)
        doubts += len(in_doubt)
    calls = Counter(asked.headers["webhook-id"] for asked in web.at("/hook"))
    assert set(calls) == await in_state(database, "webhook", EffectState.DONE)
    assert calls.total() - len(calls) <= CONNECTIONS * breaks
    assert doubts <= 2 * CONNECTIONS * breaks
    listed = await installation.call("GET", "/v1/operations/effects?limit=1000", patience=PATIENCE)
    assert listed["counts"].get("in_doubt", 0) == len(listed["items"]) == doubts


async def hold_reports(installation: Installation, reckoned: Reckoned) -> None:
    """What is reported equals what was decided, and what reporting itself works out anew."""
    for flow in (JOURNEY, TALLY):
        report = await installation.call("GET", f"/v1/reports/flows/{flow}", patience=PATIENCE)
        told = {f"{flow} {status}": number for status, number in report["by_status"].items() if number}
        theirs = {name: number for name, number in reckoned.participants.items() if name.startswith(flow)}
        assert told == theirs
        assert report["enrolled"] == sum(theirs.values())
    url = installation.url("/v1/reports/verification")
    answer = await installation.client.post(url, json={"repair": False})
    lines: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[-1]["equal"], [line for line in lines if line.get("shown") or line.get("missing")]


def tell(trouble: Troublemaker, senders: Senders, reckoned: Reckoned) -> None:
    print("troubles:", dict(Counter(each.name for each in trouble.happened)), "kills:", trouble.kills)
    print("copies purged:", trouble.purged)
    print("connections cut:", sum(line.cuts for line in trouble.lines.values()))
    print("started again by itself:", dict(trouble.revived))
    print("answers:", dict(senders.answers), f"slowest 503: {senders.slowest_refusal:.2f} s")
    print("events:", len(senders.accepted), reckoned)
