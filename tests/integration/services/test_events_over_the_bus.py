"""Events over a real RabbitMQ: acknowledged when archived, kept when bad, through outages of either server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
import pytest_asyncio
from aio_pika import DeliveryMode, Message
from pydantic import SecretStr

from common.messages.topology import EVENTS_EXCHANGE, EVENTS_QUEUE
from tests.integration.services.engine import Engine, an_engine
from tests.support.mongod import TestMongod
from tests.support.rabbitmq import RabbitNode

pytestmark = pytest.mark.rabbitmq
PREFIX = "test."


class Bus:
    """A publisher as others write it: persistent, mandatory, confirmed."""

    def __init__(self, node: RabbitNode, host: str) -> None:
        self.node = node
        self.url = node.url(host)

    async def publish(self, *messages: Message) -> None:
        """When this returns, the broker has confirmed them all, and routed each to a queue."""
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel(on_return_raises=True)
            exchange = await channel.get_exchange(PREFIX + EVENTS_EXCHANGE)
            for message in messages:
                await exchange.publish(message, routing_key="crm.any.thing", mandatory=True)

    async def waiting(self) -> int:
        """Messages in the queue that are not acknowledged; the broker counts those under way apart."""
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(PREFIX + EVENTS_QUEUE)
            return queue.declaration_result.message_count or 0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(rabbitmq_node: RabbitNode) -> AsyncIterator[Bus]:
    rabbitmq_node.start()
    host = rabbitmq_node.take_host()
    yield Bus(rabbitmq_node, host)
    rabbitmq_node.give_back_host(host)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(
    mongod: TestMongod, bus: Bus, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engine]:
    mongod.start()
    database = f"test_{uuid4().hex[:12]}"
    settings = {"amqp_url": SecretStr(bus.url), "queue_prefix": PREFIX}
    async with an_engine(mongod.url, database, tmp_path_factory.mktemp("bus"), **settings) as started:
        await until(lambda: declared(bus))
        yield started


async def declared(bus: Bus) -> bool:
    try:
        await bus.waiting()
    except (aio_pika.exceptions.AMQPError, ConnectionError):
        return False
    return True


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await done():  # noqa: ASYNC110 - the servers can only be asked
            await asyncio.sleep(0.1)


def event(**changes: Any) -> dict[str, Any]:
    return {"id": uuid4().hex, "type": "trial.started", "contact": "ann", "data": {"n": 1}} | changes


def persistent(body: Any, **properties: Any) -> Message:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(raw, delivery_mode=DeliveryMode.PERSISTENT, **properties)


async def sources(engine: Engine, source: str) -> list[dict[str, Any]]:
    """What is archived of this source, in the order of archiving."""
    return await engine.database["events"].find({"source": source}).sort("$natural", 1).to_list()


async def archived(engine: Engine, source: str, count: int) -> list[dict[str, Any]]:
    async def all_there() -> bool:
        return len(await sources(engine, source)) >= count

    await until(all_there)
    return await sources(engine, source)


async def test_each_form_of_an_event_is_archived_and_acknowledged(engine: Engine, bus: Bus) -> None:
    source = uuid4().hex
    attributes = {"specversion": "1.0", "source": source, "type": "trial.started", "subject": "ann"}
    at = datetime(2026, 1, 1, 10, tzinfo=UTC)
    binary = {f"cloudEvents:{name}": value for name, value in attributes.items()}
    await bus.publish(
        persistent(event(source=source)),
        persistent({"type": "a.b", "source": source}, message_id="named by the message"),
        persistent([event(source=source), event(source=source)], content_type="application/json"),
        persistent(attributes | {"id": "s"}, content_type="application/cloudevents+json"),
        persistent(
            {"plan": "small"},
            content_type="application/json",
            headers=binary | {"cloudEvents:id": "b", "cloudEvents:time": at},
        ),
    )

    kept = await archived(engine, source, 6)

    assert len(kept) == 6
    assert (kept[-1]["contact"], kept[-1]["data"], kept[-1]["sent_at"]) == ("ann", {"plan": "small"}, at)
    assert await bus.waiting() == 0


async def test_over_the_bus_and_over_http_it_is_the_same_event(engine: Engine, bus: Bus) -> None:
    source = uuid4().hex
    sent = event(source=source)
    await bus.publish(persistent(sent), persistent(sent))
    await archived(engine, source, 1)

    assert (await engine.call("POST", "/v1/events", json=sent))["duplicates"] == 1


async def test_bad_messages_are_kept_for_a_person_and_their_neighbours_go_on(
    engine: Engine, bus: Bus
) -> None:
    source = uuid4().hex
    mixed = [event(source=source), event(source=source, type="two words", contact="bob")]
    await bus.publish(
        persistent(b"\xff no json"),
        persistent(b"<event/>", content_type="text/xml", headers={"x": [1], "y.z": "1"}),
        persistent(mixed, message_id="published twice"),
        persistent(mixed, message_id="published twice"),
        persistent(event(source=source)),
    )
    await archived(engine, source, 2)

    refused = (await engine.call("GET", "/v1/events/refused"))["refused"]
    assert len(refused) == 3
    by_place = {row["errors"][0]["pointer"]: row for row in refused if row["content_type"] is None}
    assert by_place["#/1/type"]["body"] == json.dumps(mixed)
    assert by_place["#"]["body"] is None and by_place["#"]["body_base64"]
    (xml,) = [row for row in refused if row["content_type"]]
    assert "text/xml" in xml["errors"][0]["detail"] and xml["properties"] == {"y.z": "1"}
    assert await bus.waiting() == 0
    shown = await engine.call("GET", f"/v1/events/refused/{xml['id']}")
    assert shown["body"] == "<event/>"
    again = await engine.ask("POST", f"/v1/events/refused/{xml['id']}/retry")
    assert again.status_code == 422 and "text/xml" in again.json()["errors"][0]["detail"]
    for row in refused:
        await engine.call("DELETE", f"/v1/events/refused/{row['id']}")
    assert (await engine.ask("GET", f"/v1/events/refused/{xml['id']}")).status_code == 404


async def test_forgetting_somebody_takes_the_refused_messages_that_name_them(
    engine: Engine, bus: Bus
) -> None:
    await bus.publish(persistent({"contact": "dan", "name": "Dan"}))

    async def kept() -> bool:
        return await engine.database["refused"].count_documents({"contacts": "dan"}) == 1

    await until(kept)
    told = await engine.call("POST", "/v1/operations/forget", json={"contact": "dan"})

    assert told["erased"]["refused"] == 1
    assert not await kept()


async def test_events_of_one_contact_are_applied_in_the_order_in_which_they_were_published(
    engine: Engine, bus: Bus
) -> None:
    source = uuid4().hex
    changes = [
        persistent(
            event(source=source, type="contact.updated", contact="eve", data={"custom": {"n": number}})
        )
        for number in range(300)
    ]
    await bus.publish(*changes)

    kept = await archived(engine, source, 300)
    await engine.drain()

    assert [row["data"]["custom"]["n"] for row in kept] == list(range(300))
    assert (await engine.contact("eve"))["custom"]["n"] == 299


async def test_without_the_database_messages_wait_unacknowledged(
    engine: Engine, bus: Bus, mongod: TestMongod
) -> None:
    source = uuid4().hex
    mongod.kill()
    try:
        await bus.publish(*(persistent(event(source=source)) for _ in range(20)))
        await asyncio.sleep(3)
    finally:
        mongod.start()

    kept = await archived(engine, source, 20)

    assert len(kept) == 20


async def test_a_killed_broker_costs_no_confirmed_message(engine: Engine, bus: Bus) -> None:
    source = uuid4().hex
    await bus.publish(*(persistent(event(source=source)) for _ in range(50)))
    bus.node.kill()
    bus.node.start()

    await archived(engine, source, 50)
    await until(lambda: published(bus, event(source=source)))

    assert len(await archived(engine, source, 51)) == 51


async def published(bus: Bus, document: dict[str, Any]) -> bool:
    """A broker that has just started may have no leader for the queue yet."""
    try:
        await asyncio.wait_for(bus.publish(persistent(document)), 5)
    except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
        return False
    return True
