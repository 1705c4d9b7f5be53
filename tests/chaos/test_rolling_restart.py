"""Services are replaced one by one while clients go on asking: no client sees an error, and nothing happens twice.

As behind the proxy of the compose file, each request has a connection of its own: a new process is started, is ready,
takes the connections that come from then on, and the old one is told to stop.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx
import pytest

from tests.support.flows import a_flow
from tests.support.installation import APART, Installation, installed
from tests.support.mongod import Database
from tests.support.tcp_proxy import TcpProxy

ROLLED = APART if os.environ.get("HEADRACE_CHAOS") == "long" else ("trigger", "executor")
ASKED = {
    "executor": "/v1/participants?flow=told",
    "reporting": "/v1/reports/flows/told",
    "studio": "/v1/flows/told",
}
"""What clients read of those that have something to tell."""


@pytest.mark.slow
@pytest.mark.mongo
@pytest.mark.timeout(600)
async def test_services_are_replaced_one_by_one_and_no_client_sees_an_error(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], database: Database
) -> None:
    async with installed(tmp_path_factory.mktemp("logs"), environment, APART) as installation:
        flow = a_flow("Told").triggered_by({"kind": "custom_event", "name": "visit.made"}).wait(days=7)
        body = flow.build().model_dump(mode="json", exclude_unset=True)
        await installation.call("PUT", "/v1/flows/told", json=body, headers={"If-None-Match": "*"})
        await installation.call("POST", "/v1/flows/told/run", headers={"If-Match": "*"})
        async with in_front(installation) as lines:
            clients = Clients(installation, lines)
            asking = [asyncio.create_task(client) for client in clients.all()]
            codes = [await replaced(installation, service, lines[service]) for service in ROLLED]
            clients.over = True
            await asyncio.gather(*asking)
        assert set(codes) == {0}
        assert clients.wrong == Counter()
        assert clients.posted > len(ROLLED)
        store = database.client[database.name]
        async with asyncio.timeout(60):
            while await store.work.count_documents({}):  # noqa: ASYNC110 - the services are processes of their own
                await asyncio.sleep(0.1)
        assert await store.participants.count_documents({"flow": "told"}) == clients.posted
        assert await store.parked.count_documents({}) == 0


async def replaced(installation: Installation, service: str, line: TcpProxy) -> int:
    """A new process takes over; answers the old one's exit code."""
    new = f"{service}-new"
    installation.start(new)
    await installation.is_ready(new)
    line.to = installation.port(new)
    return await asyncio.to_thread(installation.dismiss, service)


@asynccontextmanager
async def in_front(installation: Installation) -> AsyncIterator[Mapping[str, TcpProxy]]:
    lines = {service: TcpProxy(installation.port(service)) for service in APART}
    for line in lines.values():
        await line.start()
    yield lines
    for line in lines.values():
        line.stop()


class Clients:
    """One posts an event about somebody new after the other, one a service reads; `wrong`: what they were told
    instead of an answer."""

    def __init__(self, installation: Installation, lines: Mapping[str, TcpProxy]) -> None:
        self.over = False
        self.posted = 0
        self.wrong: Counter[str] = Counter()
        self._lines = lines
        self._http = httpx.AsyncClient(
            headers={**installation.client.headers, "Connection": "close"}, timeout=30
        )

    def all(self) -> list[Any]:
        return [self._post(), *(self._read(service, path) for service, path in ASKED.items())]

    async def _post(self) -> None:
        for number in count():
            if self.over:
                return
            event = {"id": str(number), "type": "visit.made", "contact": f"visitor-{number}"}
            await self._ask("trigger", "POST", "/v1/events", json=event)
            self.posted += 1
            await asyncio.sleep(0.02)

    async def _read(self, service: str, path: str) -> None:
        while not self.over:
            await self._ask(service, "GET", path)
            await asyncio.sleep(0.05)

    async def _ask(self, service: str, method: str, path: str, **request: Any) -> None:
        url = f"http://127.0.0.1:{self._lines[service].port}{path}"
        try:
            answer = await self._http.request(method, url, **request)
        except httpx.HTTPError as error:
            self.wrong[f"{method} {path}: {error!r}"] += 1
        else:
            if not answer.is_success:
                self.wrong[f"{method} {path}: {answer.status_code} {answer.text}"] += 1
