"""The reporting service at the end of a road, on a real database, read as clients do."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from pydantic import SecretStr

from common.adapters.mongo.keys import MongoKeys
from common.domain.access import Scope
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Commit
from common.runtime.keys import make_key
from common.runtime.serve import App, api
from common.runtime.settings import Settings
from services.process import Process, assemble, open_process
from services.reporting.app import parts
from tests.support.mongod import Database

PARTITIONS = 3


@dataclass(frozen=True)
class Reporting:
    http: httpx.AsyncClient
    process: Process
    app: App

    async def told(self, records: Sequence[Record]) -> None:
        """As the executor tells it; comes back when nothing waits."""
        await self.process.batches.commit(Commit(posted=[(Service.REPORTING, record) for record in records]))
        async with asyncio.timeout(30):
            while await self.process.work.waiting():  # noqa: ASYNC110 - other processes' work rings no bell here
                await asyncio.sleep(0.02)

    async def ask(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, params=params)

    async def read(self, path: str, **params: Any) -> Any:
        answer = await self.ask(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def opened(database: str, mongo_url: str, folder: Path) -> AsyncIterator[Reporting]:
    """The service without its workers, with a client whose key may read reports and nothing else."""
    settings = Settings(
        mongodb_url=SecretStr(mongo_url), database=database, data_dir=folder, partitions=PARTITIONS
    )
    process = await open_process(settings)
    async with process.closing:
        app = assemble(process, [await parts(process)])
        new = make_key("reader", [Scope.REPORTS])
        await MongoKeys(process.database).add(new.key)
        transport = httpx.ASGITransport(api(app, settings), raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://reporting", headers={"X-API-Key": new.secret}
        ) as http:
            yield Reporting(http, process, app)


@pytest_asyncio.fixture
async def reporting(database: Database, mongo_url: str, tmp_path: Path) -> AsyncIterator[Reporting]:
    """The whole service."""
    async with opened(database.name, mongo_url, tmp_path) as found:
        stopping = asyncio.Event()
        workers = [asyncio.ensure_future(worker(stopping)) for worker in found.app.workers]
        yield found
        stopping.set()
        await asyncio.gather(*workers)
