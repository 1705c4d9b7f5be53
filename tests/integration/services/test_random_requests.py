"""Whatever a client sends, by the published descriptions or against them, is answered and never breaks a service."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.integration.services.engine import Engine, an_engine
from tests.support.flows import a_flow
from tests.support.mongod import TestMongod

pytestmark = pytest.mark.mongo

DESCRIPTIONS = Path(__file__).parents[3] / "docs" / "openapi"
EXAMPLES = int(os.environ.get("HEADRACE_TEST_EXAMPLES", "2"))
"""Requests to each operation; a thorough search takes a few hundred, and hours."""
NOT_HERE = {
    "POST /v1/clock/advance": "waits until the engine is drained, for years of business time",
    "PUT /v1/clock": "would run away with everybody's time",
    "POST /v1/operations/replay": "reads the whole archive",
    "GET /v1/reports/flows/{flow}/live": "goes on until the client leaves",
}
SLOWLY_MADE = {"PUT /v1/flows/{flow}"}
"""Half a minute for two documents: made only where a thorough search is asked for."""
FEW = 2
KNOWN = {
    "flow": "known",
    "flow_id": "known",
    "contact": "1",
    "content": "known",
    "selection": "known",
    "name": "known",
}
"""What exists, by the names of path parameters: half of the requests ask for that."""


def operations() -> dict[str, Any]:
    found = {}
    for file in sorted(DESCRIPTIONS.glob("*.json")):
        schema = schemathesis.openapi.from_dict(json.loads(file.read_text()))
        found |= {each.ok().label: each.ok() for each in schema.get_all_operations()}
    left_out = NOT_HERE.keys() | (SLOWLY_MADE if EXAMPLES <= FEW else set())
    return {label: operation for label, operation in found.items() if label not in left_out}


OPERATIONS = operations()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    async with an_engine(
        mongod.url, f"test_{uuid4().hex[:12]}", tmp_path_factory.mktemp("engine")
    ) as started:
        await started.content("known")
        await started.selection("known")
        await started.contacts("1")
        await started.design("known", a_flow().mail("known"))
        yield started


def cases(operation: Any) -> st.SearchStrategy[Any]:
    kept = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    broken = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return kept | broken


@pytest.mark.parametrize("label", OPERATIONS)
async def test_no_request_breaks_a_service(engine: Engine, label: str) -> None:
    loop = asyncio.get_running_loop()

    @seed(20)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(OPERATIONS[label]), st.booleans())
    def each(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **wanted(case.path_parameters)}
        answer = asyncio.run_coroutine_threadsafe(ask(engine, case), loop).result(60)
        assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"
        if answer.status_code >= 400 and answer.content:
            assert "json" in answer.headers["content-type"] or "html" in answer.headers["content-type"]

    await asyncio.to_thread(each)


def wanted(parameters: Any) -> dict[str, str]:
    return {name: KNOWN[name] for name in parameters or () if name in KNOWN}


@schemathesis.serializer("message/rfc822")
def as_mail(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


async def ask(engine: Engine, case: Any) -> Any:
    request = case.as_transport_kwargs(base_url="http://test")
    request.pop("cookies", None)
    headers = {
        name: value
        for name, value in (request.pop("headers", None) or {}).items()
        if name.lower() != "authorization"
    }
    return await engine.ask(request.pop("method"), request.pop("url"), headers=headers, **request)
