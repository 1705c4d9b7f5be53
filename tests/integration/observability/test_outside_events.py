"""What happened, as other systems hear of it over RabbitMQ."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aio_pika
from pydantic import SecretStr

from common.adapters.mongo.drained import MongoDrained
from common.domain.reasons import Refusal
from common.domain.report_tables import FACTS
from common.messages.happened import ParticipantEnrolled, SuggestionRefused, to_record
from common.messages.outside import CONTENT_TYPE, EXCHANGE
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Commit
from common.runtime.settings import Settings
from services.process import Process, assemble, open_process
from services.reporting.app import parts
from tests.support.mongod import Database
from tests.support.rabbitmq import RabbitNode

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ABOUT: dict[str, Any] = {"flow": "welcome", "run": 1, "version": 2}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def enrolled(number: int) -> Record:
    fact = ParticipantEnrolled(**ABOUT, participant=f"p{number}")
    return to_record(fact, f"c{number}", NOON, f"cause{number}", TRACE)


@asynccontextmanager
async def reporting(mongo_url: str, database: Database, amqp_url: str) -> AsyncIterator[Process]:
    """The service at work, telling others."""
    settings = Settings(
        mongodb_url=SecretStr(mongo_url),
        database=database.name,
        amqp_url=SecretStr(amqp_url),
        outside_events=True,
        partitions=2,
    )
    process = await open_process(settings)
    async with process.closing:
        stopping = asyncio.Event()
        app = assemble(process, [await parts(process)])
        workers = [asyncio.ensure_future(worker(stopping)) for worker in app.workers]
        try:
            yield process
        finally:
            stopping.set()
            await asyncio.gather(*workers)


async def happened(process: Process, *records: Record) -> None:
    await process.batches.commit(Commit(posted=[(Service.REPORTING, record) for record in records]))


async def kept(process: Process) -> int:
    tables = [table.name for table in FACTS]
    return sum([await process.database[name].count_documents({}) for name in tables])


async def counted(process: Process, facts: int) -> None:
    async with asyncio.timeout(30):
        while await kept(process) < facts:  # noqa: ASYNC110 - nothing rings here
            await asyncio.sleep(0.05)


@asynccontextmanager
async def listening(amqp_url: str, pattern: str) -> AsyncIterator[aio_pika.abc.AbstractQueue]:
    """A queue of another system's, bound to the exchange."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue("theirs", durable=True)
        await queue.bind(exchange, pattern)
        yield queue


async def heard(queue: aio_pika.abc.AbstractQueue) -> aio_pika.abc.AbstractIncomingMessage:
    async with asyncio.timeout(30):
        while (message := await queue.get(no_ack=True, fail=False)) is None:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.05)
    return message


async def test_others_hear_what_happened_as_cloud_events(mongo_url: str, database: Database, amqp_url: str):
    refused = to_record(SuggestionRefused(**ABOUT, reason=Refusal.FILTER), "c1", NOON, "cause")
    told = enrolled(1)
    async with (
        listening(amqp_url, "participant.#") as queue,
        reporting(mongo_url, database, amqp_url) as process,
    ):
        await happened(process, refused, told)
        message = await heard(queue)
        await happened(process, told)
        await happened(process, enrolled(2))
        following = await heard(queue)

    assert (message.content_type, message.routing_key) == (CONTENT_TYPE, "participant.enrolled.v1")
    assert json.loads(message.body) == {
        "specversion": "1.0",
        "id": told.id,
        "source": "headrace/executor",
        "type": "participant.enrolled.v1",
        "subject": "c1",
        "time": "2026-03-02T12:00:00Z",
        "datacontenttype": "application/json",
        "traceparent": TRACE,
        "data": {**ABOUT, "participant": "p1"},
    }
    assert json.loads(following.body)["subject"] == "c2", "the repeat was dropped, the refusal not asked for"


async def test_a_broker_that_is_away_holds_up_nothing_and_misses_nothing(
    mongo_url: str, database: Database, rabbitmq: RabbitNode
):
    url = rabbitmq.url(rabbitmq.take_host())
    async with listening(url, "#"):
        pass
    async with reporting(mongo_url, database, url) as process:
        await happened(process, enrolled(1))
        await counted(process, 1)
        rabbitmq.stop()
        await happened(process, *[enrolled(n) for n in range(2, 12)])
        await counted(process, 11)
        assert (await MongoDrained(process.database, process.partitions).look()).waiting is None
        rabbitmq.start()
        async with listening(url, "#") as queue:
            subjects: set[str] = set()
            while len(subjects) < 11:
                subjects.add(json.loads((await heard(queue)).body)["subject"])

    assert subjects == {f"c{n}" for n in range(1, 12)}
