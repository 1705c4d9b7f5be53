"""A studio on a real database, spoken to as clients do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from common.domain.flow import Flow
from common.runtime.serve import App, api
from common.runtime.settings import Settings
from services.process import Process, open_process
from services.studio.app import parts
from tests.support.mongod import Database

PARTITIONS = 2


@dataclass
class Client:
    """A client of the API that keeps the ETags it has seen."""

    http: httpx.AsyncClient
    process: Process
    tags: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = await self.http.request(method, path, **request)
        if "etag" in answer.headers:
            self.tags[path] = answer.headers["etag"]
        return answer

    async def read(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(self, path: str, body: Any) -> httpx.Response:
        """PUT over what was last seen at this path."""
        headers = {"If-Match": self.tags[path]} if path in self.tags else {}
        return await self.ask("PUT", path, json=body, headers=headers)

    async def put(self, path: str, body: Any) -> Any:
        answer = await self.write(path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def flow(self, name: str, flow: Flow) -> Any:
        return await self.put(f"/v1/flows/{name}", flow.model_dump(mode="json"))

    async def content(self, name: str, subject: str = "Hello") -> Any:
        return await self.put(f"/v1/contents/{name}", {"name": name, "subject": subject, "html": "<p>Hi</p>"})

    async def act(self, flow: str, act: str) -> httpx.Response:
        answer = await self.ask("POST", f"/v1/flows/{flow}/{act}")
        if "etag" in answer.headers:
            self.tags[f"/v1/flows/{flow}"] = answer.headers["etag"]
        return answer

    async def done(self, flow: str, act: str) -> Any:
        answer = await self.act(flow, act)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def settings(database: Database, mongo_url: str, tmp_path: Path) -> Settings:
    return Settings(
        mongodb_url=SecretStr(mongo_url), database=database.name, data_dir=tmp_path, partitions=PARTITIONS
    )


@pytest_asyncio.fixture
async def process(settings: Settings) -> AsyncIterator[Process]:
    opened = await open_process(settings)
    async with opened.closing:
        yield opened


@pytest_asyncio.fixture
async def studio(process: Process) -> AsyncIterator[Client]:
    """A client with the installation's first key."""
    app = App(name="studio", routers=(await parts(process)).routers, keys=process.keys, sight=process.sight)
    transport = httpx.ASGITransport(api(app, process.settings), raise_app_exceptions=False)
    key = process.settings.key_file.read_text().strip()
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers={"Authorization": f"Bearer {key}"}
    ) as http:
        yield Client(http, process)
