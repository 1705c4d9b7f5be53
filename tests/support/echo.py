"""A road whose services only pass records on, and write down in which order they came: what remains is the road.

Run as a process of its own (`python -m tests.support.echo URL DATABASE …`) it can be stopped and killed.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic_ns

from pydantic import SecretStr
from pymongo import ASCENDING, InsertOne

from common.adapters.mongo.archive import MongoArchive
from common.adapters.mongo.batch import MongoBatches
from common.messages.record import Record
from common.messages.ticket import Ticket
from common.messages.topology import ROAD, Service
from common.ports import Write
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome
from common.runtime.serve import App, signals
from common.runtime.settings import Settings
from services.process import Parts, Process, assemble, open_process

ECHO = "echo"
LARGER_THAN_BSON = 2**70


class EchoHandler(KeepsNoTime):
    """`data` may ask for trouble: `unloadable`, `poison` or `unstorable` name the service that is to have it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def load(self, batch: Batch) -> "EchoWorld":
        if any(record.data.get("unloadable") == self._service for record in batch.records):
            raise KeyError("unloadable")
        return EchoWorld(self._service, batch)


class EchoWorld(HasNoTimers):
    def __init__(self, service: Service, batch: Batch) -> None:
        self._service = service
        self._batch = batch
        self._records: list[Record] = []

    def decide(self, record: Record) -> None:
        if record.data.get("poison") == self._service:
            raise ValueError("poison")
        self._records.append(record)

    def outcome(self) -> Outcome:
        """`order` rises with each batch that a partition commits, whichever process does, and within it."""
        now = monotonic_ns()
        rows = [InsertOne(self._row(record, now + number)) for number, record in enumerate(self._records)]
        onward = self._records if self._service is not Service.REPORTING else []
        return Outcome(onward=onward, writes=[Write(ECHO, rows)] if rows else [])

    def _row(self, record: Record, order: int) -> dict[str, object]:
        too_large = record.data.get("unstorable") == self._service
        return {
            "_id": f"{self._service}:{record.id}",
            "service": self._service,
            "contact": record.contact,
            "n": LARGER_THAN_BSON if too_large else record.data["n"],
            "epoch": self._batch.book.epoch,
            "order": order,
        }


def echo_app(process: Process, services: Sequence[Service] = ROAD) -> App:
    """The echo services on this process."""
    loops = {service: process.loops_for(EchoHandler(service)) for service in services}
    return assemble(process, [Parts(name="echo", loops=loops)])


async def run_echo(process: Process, stopping: asyncio.Event, services: Sequence[Service] = ROAD) -> None:
    """Own partitions of the echo road until told to stop."""
    await run_workers(echo_app(process, services), stopping)


async def run_workers(app: App, stopping: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        for worker in app.workers:
            group.create_task(worker(stopping))  # type: ignore[arg-type]


async def open_echo(
    url: str, database: str, amqp_url: str | None = None, *, partitions: int = 4, copies: int = 1
) -> Process:
    """`copies`: how often each ticket is carried over the bus."""
    settings = Settings(
        mongodb_url=SecretStr(url),
        database=database,
        amqp_url=SecretStr(amqp_url) if amqp_url else None,
        partitions=partitions,
    )
    process = await open_process(settings)
    await process.database[ECHO].create_index([("service", ASCENDING), ("contact", ASCENDING)])
    return process if copies == 1 else carrying(process, copies)


def carrying(process: Process, copies: int) -> Process:
    """The same process, with each ticket's copy sent more than once, and handed to owners in this process besides."""

    def announce(tickets: Sequence[Ticket]) -> None:
        process.inboxes.hand(tickets)
        for _ in range(copies):
            process.courier.publish(tickets)

    return replace(
        process,
        batches=MongoBatches(process.database, process.partitions, announce),
        archive=MongoArchive(process.database, process.clock, process.partitions, announce),
    )


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("database")
    parser.add_argument("--amqp")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--services", default=",".join(ROAD))
    given = parser.parse_args()
    stopping = asyncio.Event()
    process = await open_echo(given.url, given.database, given.amqp, copies=given.copies)
    async with process.closing:
        with signals(stopping):
            services = [Service(name) for name in given.services.split(",")]
            await run_echo(process, stopping, services)


if __name__ == "__main__":
    asyncio.run(main())
