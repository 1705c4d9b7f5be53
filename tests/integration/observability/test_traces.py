"""One trace from a request, or an event on the bus, through every service to the mail, as a collector gets it."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import aio_pika
import pytest
from aio_pika import Message
from pydantic import SecretStr

from common.messages.topology import EVENTS_EXCHANGE
from common.runtime.settings import OtelSettings
from tests.integration.observability.collector import collecting
from tests.integration.services.engine import an_engine
from tests.support.flows import a_flow
from tests.support.mongod import Database

PREFIX = "test."
TRACE = "0af7651916cd43dd8448eb211c80319c"
ORDER = {"id": "o1", "type": "order.placed", "contact": "c1", "data": {"amount": 40}}


async def test_one_trace_leads_from_the_request_through_every_service_to_the_mail(
    mongo_url: str, database: Database, tmp_path: Path
):
    with collecting() as collector:
        otel = OtelSettings(endpoint=collector.url, sample=0.0)
        async with an_engine(mongo_url, database.name, tmp_path, otel=otel) as engine:
            await engine.content("hello")
            flow = a_flow().triggered_by({"kind": "order_placed"}).mail("hello").wait("rest", days=1)
            await engine.runs("traced", flow)
            await engine.contacts("c1")
            traced = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            await engine.call("POST", "/v1/events", json=ORDER, headers=traced)
            await engine.drain()
            assert engine.mails("c1") == ["hello"]

    names = {span.name for span in collector.trace(TRACE)}
    assert names == {
        "POST", "intake", "trigger", "success", "filter", "executor", "reporting", "send email"
    }  # fmt: skip
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}, "nobody asked for the others"


@pytest.mark.rabbitmq
async def test_events_over_the_bus_go_on_in_the_traces_that_they_name(
    mongo_url: str, database: Database, amqp_url: str, tmp_path: Path
):
    """By the message's header, by CloudEvents' extension beside the body, and by that in each event of a batch."""
    ids = [f"{number}af7651916cd43dd8448eb211c80319c" for number in range(1, 6)]
    parents = [f"00-{trace}-b7ad6b7169203331-01" for trace in ids]
    order = {"specversion": "1.0", "source": "shop", "type": "order.placed", "data": {"amount": 40}}
    binary = {f"cloudEvents:{name}": str(value) for name, value in order.items() if name != "data"}
    batch = [
        order | {"id": f"o{number}", "subject": f"c{number}", "traceparent": parents[number]}
        for number in (2, 3)
    ]
    messages = [
        Message(
            json.dumps(ORDER | {"id": "o0", "contact": "c0"}).encode(), headers={"traceparent": parents[0]}
        ),
        Message(
            b'{"amount": 40}',
            headers=binary
            | {"cloudEvents:id": "o1", "cloudEvents:subject": "c1", "cloudEvents:traceparent": parents[1]},
        ),
        Message(
            json.dumps(batch).encode(),
            content_type="application/cloudevents-batch+json",
            headers={"traceparent": parents[4]},
        ),
        Message(
            json.dumps(ORDER | {"id": "o4", "contact": "c4"}).encode(), headers={"traceparent": "nonsense"}
        ),
    ]
    with collecting() as collector:
        otel = OtelSettings(endpoint=collector.url, sample=0.0)
        settings = {"otel": otel, "amqp_url": SecretStr(amqp_url), "queue_prefix": PREFIX}
        async with an_engine(mongo_url, database.name, tmp_path, **settings) as engine:
            await engine.content("hello")
            flow = a_flow().triggered_by({"kind": "order_placed"}).mail("hello").wait("rest", days=1)
            await engine.runs("traced", flow)
            await engine.contacts(*(f"c{number}" for number in range(5)))
            await publish(amqp_url, messages)
            async with asyncio.timeout(30):
                while len(await engine.passages("traced")) < 5:  # noqa: ASYNC110 - it can only be asked
                    await asyncio.sleep(0.05)
            await engine.drain()

    services = {"trigger", "success", "filter", "executor", "reporting", "send email"}
    for trace in ids[:4]:
        assert {span.name for span in collector.trace(trace)} == {"event", *services}
    assert {span.trace_id.hex() for span in collector.spans} == set(ids[:4]), "each event's own goes first"


async def publish(url: str, messages: Sequence[Message]) -> None:
    async with asyncio.timeout(30), await aio_pika.connect(url) as connection:
        while True:
            try:
                channel = await connection.channel(on_return_raises=True)
                exchange = await channel.get_exchange(PREFIX + EVENTS_EXCHANGE)
                break
            except aio_pika.exceptions.ChannelNotFoundEntity:  # the trigger declares it
                await asyncio.sleep(0.1)
        for message in messages:
            await exchange.publish(message, routing_key="crm.order", mandatory=True)
