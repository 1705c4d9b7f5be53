"""Whatever a client sends, by the published descriptions or against them, is answered, breaks no service, and is
never more than a value in what the database is asked."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pymongo import monitoring
from pymongo.errors import OperationFailure
from schemathesis import GenerationMode

from common.adapters.mongo.client import connect
from tests.integration.services.engine import Engine, an_engine
from tests.support.flows import a_flow
from tests.support.mongod import TestMongod
from tests.support.watched_commands import MARK, WatchedCommands

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


def cases(operation: Any) -> st.SearchStrategy[Any]:
    kept = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    broken = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return kept | broken


POISON = (f"${MARK}", f"a.${MARK}", f"{MARK}\0", {f"${MARK}": 1}, [f"${MARK}"], {f"a.${MARK}": {"$ne": ""}})


@st.composite
def attacks(draw: st.DrawFn, operation: Any) -> Any:
    """A good request with operators, paths and NULs of MongoDB's in all its parameters, and somewhere in its body."""
    case = draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    poison = draw(st.sampled_from(POISON))
    text = poison if isinstance(poison, str) else json.dumps(poison)
    case.path_parameters = dict.fromkeys(case.path_parameters or {}, quote(text, safe=""))
    case.query = dict.fromkeys(case.query or {}, text) | {f"flow[${MARK}]": "1"}
    if isinstance(case.body, dict | list):
        case.body = poisoned(case.body, poison, draw(st.randoms(use_true_random=False)))
    return case


def poisoned(value: Any, poison: Any, random: Random) -> Any:
    """One value somewhere inside replaced, or one more beside it."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        name = random.choice(sorted(value))
        return value | {name: poisoned(value[name], poison, random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        return [*value[:-1], poisoned(value[-1], poison, random)]
    if isinstance(value, dict):
        return value | (poison if isinstance(poison, dict) else {f"${MARK}": poison})
    return poison


@pytest.mark.parametrize("label", OPERATIONS)
async def test_no_request_breaks_a_service_or_becomes_part_of_a_query(
    engine: Engine, watched: WatchedCommands, label: str
) -> None:
    loop, operation = asyncio.get_running_loop(), OPERATIONS[label]

    @seed(20)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(operation), attacks(operation), st.booleans())
    def each(case: Any, attack: Any, known: bool) -> None:
        if known:
            case.path_parameters = {**(case.path_parameters or {}), **wanted(case.path_parameters)}
        for request in (case, attack):
            answer = asyncio.run_coroutine_threadsafe(ask(engine, request), loop).result(60)
            assert answer.status_code < 500, f"{request.as_curl_command()}\n{answer.text}"
            if answer.status_code >= 400 and answer.content:
                assert any(kind in answer.headers["content-type"] for kind in ("json", "html"))

    await asyncio.to_thread(each)
    assert watched.seen
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


def wanted(parameters: Any) -> dict[str, str]:
    return {name: KNOWN[name] for name in parameters or () if name in KNOWN}


@schemathesis.serializer("message/rfc822")
def as_mail(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def as_pairs(files: Any) -> list[tuple[str, tuple[Any, ...]]]:
    pairs = files.items() if isinstance(files, dict) else files
    return [(name, part if isinstance(part, tuple) else (None, part)) for name, part in pairs]


def sendable(value: Any) -> Any:
    """A client sends texts and bytes alone, whatever it was told to make up."""
    return value if value is None or isinstance(value, str | bytes | dict) else str(value)


async def ask(engine: Engine, case: Any) -> Any:
    request = case.as_transport_kwargs(base_url="http://test")
    request.pop("cookies", None)
    if files := request.pop("files", None):
        request["files"] = [(name, tuple(map(sendable, part))) for name, part in as_pairs(files)]
    headers = {
        name: value
        for name, value in (request.pop("headers", None) or {}).items()
        if name.lower() != "authorization"
    }
    return await engine.ask(request.pop("method"), request.pop("url"), headers=headers, **request)
