"""Whatever a client sends, by the published descriptions or against them, is answered, breaks no service, and is
never more than a value in what the database is asked."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pymongo import monitoring
from pymongo.errors import OperationFailure

from common.adapters.flow_files import load
from common.adapters.mongo.client import connect
from tests.integration.services.engine import Engine, an_engine
from tests.support.cdnow import START
from tests.support.flows import a_flow
from tests.support.mongod import TestMongod
from tests.support.random_requests import against, as_sent, attacks, hanging_up, kept, spoilt, with_body
from tests.support.watched_commands import MARK, WatchedCommands

pytestmark = pytest.mark.mongo

ROOT = Path(__file__).parents[3]
DESCRIPTIONS = ROOT / "docs" / "openapi"
EXAMPLES = int(os.environ.get("HEADRACE_TEST_EXAMPLES", "2"))
"""Requests to each operation; a thorough search takes a few hundred, and hours."""
FEW = 2
SPOILT = 5
"""So many times more where good bodies are at hand: they cost little."""
FLOWS = [
    flow.model_dump(mode="json", exclude_unset=True)
    for file in sorted((ROOT / "examples").glob("*.yaml"))
    for flow in load(file).flows.values()
]
LATELY = datetime.now(UTC) - timedelta(hours=1)
DOCUMENTS: dict[str, list[Any]] = {
    "PUT /v1/flows/{flow}": FLOWS,
    "POST /v1/operations/replay": [{"since": LATELY.isoformat()} | more for more in ({}, {"flow": "known"})],
    "POST /v1/clock/advance": [{"to": (START + timedelta(hours=hours)).isoformat()} for hours in (1, 6, 30)],
}
"""Good bodies, to be sent as they are or spoilt, which gets further than what is made up."""
SLOWLY_BROKEN = {"PUT /v1/flows/{flow}"}
"""The description leads into itself, and what speaks against it takes half a minute to make up: spoilt documents do,
unless a thorough search is asked for."""
CLOCK = ("PUT /v1/clock", "POST /v1/clock/advance")
"""Would run away with everybody's time: these move a clock of their own."""
ENDLESS = "GET /v1/reports/flows/{flow}/live"
KNOWN = {
    "flow": "known",
    "flow_id": "known",
    "contact": "1",
    "content": "known",
    "selection": "known",
    "name": "known",
}
"""What exists, by the names of path parameters: half of the requests ask for that."""

Ask = Callable[[Any], Awaitable[httpx.Response]]


def operations() -> dict[str, Any]:
    found = {}
    for file in sorted(DESCRIPTIONS.glob("*.json")):
        schema = schemathesis.openapi.from_dict(json.loads(file.read_text()))
        found |= {each.ok().label: each.ok() for each in schema.get_all_operations()}
    return found


OPERATIONS = operations()


@pytest.fixture(scope="module")
def watched() -> Iterator[WatchedCommands]:
    """Of all clients that are made from now on."""
    listener = WatchedCommands()
    monitoring.register(listener)
    yield listener
    monitoring._LISTENERS.command_listeners.remove(listener)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(
    watched: WatchedCommands, mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engine]:
    mongod.start()
    async with an_engine(
        mongod.url, f"test_{uuid4().hex[:12]}", tmp_path_factory.mktemp("engine")
    ) as started:
        await started.content("known")
        await started.selection("known")
        await started.contacts("1")
        await started.design("known", a_flow().mail("known"))
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clockwork(
    watched: WatchedCommands, mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engine]:
    """An engine with somebody who waits."""
    mongod.start()
    async with an_engine(mongod.url, f"test_{uuid4().hex[:12]}", tmp_path_factory.mktemp("clock")) as started:
        await started.contacts("1")
        await started.runs("waiting", a_flow().wait(hours=5))
        await started.happens("order.placed", "1")
        assert await started.passages("waiting", "1")
        yield started


def cases(label: str) -> st.SearchStrategy[Any]:
    operation, documents = OPERATIONS[label], DOCUMENTS.get(label)
    found = kept(operation)
    if documents:
        found |= with_body(operation, st.sampled_from(documents) | spoilt(documents))
    return found if label in SLOWLY_BROKEN and EXAMPLES <= FEW else found | against(operation)


def search(label: str, ask: Ask, loop: asyncio.AbstractEventLoop) -> None:
    @seed(20)
    @settings(
        max_examples=EXAMPLES * (SPOILT if label in DOCUMENTS else 1),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(label), attacks(OPERATIONS[label]), st.booleans())
    def each(case: Any, attack: Any, known: bool) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **there(case.path_parameters)}
        for request in (case, attack):
            answer = asyncio.run_coroutine_threadsafe(as_coroutine(ask(request)), loop).result(60)
            assert answer.status_code < 500, f"{request.as_curl_command()}\n{answer.text}"
            if answer.status_code >= 400 and answer.content:
                assert any(kind in answer.headers["content-type"] for kind in ("json", "html"))

    each()


async def as_coroutine(answer: Awaitable[httpx.Response]) -> httpx.Response:
    return await answer


def there(parameters: Any) -> dict[str, str]:
    return {name: KNOWN[name] for name in parameters or () if name in KNOWN}


async def answered(http: httpx.AsyncClient, case: Any) -> httpx.Response:
    return await http.request(**as_sent(case))


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in (*CLOCK, ENDLESS)])
async def test_no_request_breaks_a_service_or_becomes_part_of_a_query(
    engine: Engine, watched: WatchedCommands, label: str
) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(search, label, lambda case: answered(engine.http, case), loop)
    assert watched.seen
    assert not watched.found


async def test_no_request_breaks_the_stream_of_figures(engine: Engine, watched: WatchedCommands) -> None:
    loop = asyncio.get_running_loop()
    transport = httpx.ASGITransport(hanging_up(engine.face), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, headers=engine.http.headers, timeout=60) as http:
        first = await http.get("http://localhost/v1/reports/flows/known/live")
        assert first.text.startswith("event: figures")
        await asyncio.to_thread(search, ENDLESS, lambda case: answered(http, case), loop)
    assert not watched.found


@pytest.mark.parametrize("label", CLOCK)
async def test_no_request_breaks_the_clock(clockwork: Engine, watched: WatchedCommands, label: str) -> None:
    loop = asyncio.get_running_loop()

    async def ask(case: Any) -> httpx.Response:
        await clockwork.call("PUT", "/v1/clock", json={"mode": "step"})
        return await answered(clockwork.http, case)

    await asyncio.to_thread(search, label, ask, loop)
    assert not watched.found


async def test_the_watch_sees_what_it_is_to_see(engine: Engine, watched: WatchedCommands) -> None:
    probe = connect(engine.process.settings.mongodb_url.get_secret_value(), engine.database.name)  # type: ignore[union-attr]
    async with probe.client:
        await probe["contacts"].find_one({f"a.{MARK}": 1, "b": f"${MARK}"})
        assert not watched.found
        with contextlib.suppress(OperationFailure):
            await probe["contacts"].find_one({"a": {f"${MARK}": 1}})
        await (await probe["contacts"].aggregate([{"$project": {"x": f"${MARK}"}}])).to_list()
    assert len(watched.found) == 2
    watched.found.clear()
