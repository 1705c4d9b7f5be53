"""A road whose services only pass records on, and write down in which order they came: what remains is the road.

Run as a process of its own (`python -m tests.support.echo URL DATABASE [AMQP_URL]`) it can be killed.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from pydantic import SecretStr
from pymongo import InsertOne

from common.messages.record import Record
from common.messages.topology import ROAD, Service
from common.ports import Write
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome
from common.runtime.members import Membership
from common.runtime.settings import Settings
from services.process import Process, open_process

ECHO = "echo"


class EchoHandler(KeepsNoTime):
    def __init__(self, service: Service) -> None:
        self._service = service

    async def load(self, batch: Batch) -> "EchoWorld":
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
        rows = [
            InsertOne({"_id": f"{self._service}:{record.id}", "contact": record.contact, "n": record.data["n"],
                       "epoch": self._batch.book.epoch})
            for record in self._records
        ]  # fmt: skip
        onward = self._records if self._service is not Service.REPORTING else []
        return Outcome(onward=onward, writes=[Write(ECHO, rows)] if rows else [])


async def run_echo(process: Process, stopping: asyncio.Event, services: Sequence[Service] = ROAD) -> None:
    """Own partitions of the echo road until told to stop."""
    loops = {service: process.loops_for(EchoHandler(service)) for service in services}
    membership = Membership(
        process.rows, process.partitions, loops, process.limit, epoch=process.stored_flows.epoch
    )
    await membership.run(stopping)


async def open_echo(url: str, database: str, amqp_url: str | None = None, partitions: int = 4) -> Process:
    settings = Settings(
        mongodb_url=SecretStr(url),
        database=database,
        amqp_url=SecretStr(amqp_url) if amqp_url else None,
        partitions=partitions,
    )
    process = await open_process(settings)
    if ECHO not in await process.database.list_collection_names():
        await process.database.create_collection(ECHO)
    return process


async def main(url: str, database: str, amqp_url: str | None = None) -> None:
    process = await open_echo(url, database, amqp_url)
    async with AsyncExitStack() as stack:
        stack.push_async_exit(process.closing)
        print("ready", flush=True)
        await run_echo(process, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
