"""The database hangs: it takes everything in and answers nothing. Nobody waits long, and what is told is so."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from common.domain.access import Scope
from common.runtime.setting_parts import CrmSettings
from tests.integration.services.engine import Engine, an_engine
from tests.support.crm import crm_event, signed
from tests.support.mongod import TestMongod

SOON = 3.0
"""Seconds in which a sender is told."""
SECRET = "shared with the CRM alone"
NOWHERE = "http://127.0.0.1:9"
"""A CRM that can't be asked: what it tells waits."""
EVENT = {"id": "hung", "type": "order.placed", "contact": "1"}
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v1/events", EVENT),
    ("PUT", "/v1/contacts", [{"id": "hung"}]),
    ("POST", "/v1/enrolments", {"flow": "f", "contacts": ["1"], "id": "hung"}),
)
DELETED = {"Entity": "person", "Event": "person.deleted", "PrimaryKey": 7}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    crm = CrmSettings(
        secret=SecretStr(SECRET), window=0, look=0, url=NOWHERE, token_url=NOWHERE,
        client_id="us", client_secret=SecretStr("ours"), refresh_token=SecretStr("again"),
    )  # fmt: skip
    database = f"test_{uuid4().hex[:12]}"
    async with an_engine(mongod.url, database, tmp_path_factory.mktemp("hang"), crm=crm) as started:
        yield started


@contextmanager
def hanging(mongod: TestMongod) -> Iterator[None]:
    mongod.pause()
    try:
        yield
    finally:
        mongod.go_on()


async def timed(engine: Engine, method: str, path: str, **request: Any) -> tuple[httpx.Response, float]:
    began = monotonic()
    answer = await engine.ask(method, path, **request)
    return answer, monotonic() - began


def told_soon(answer: httpx.Response, seconds: float) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert seconds < SOON


async def until_taken(engine: Engine, method: str, path: str, **request: Any) -> Any:
    async with asyncio.timeout(60):
        while (answer := await engine.ask(method, path, **request)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@pytest.mark.parametrize("key", ["known", "new"])
async def test_who_brings_something_is_told_soon(
    engine: Engine, mongod: TestMongod, key: str, method: str, path: str, body: Any
) -> None:
    await until_taken(engine, "POST", "/v1/events", json=EVENT | {"id": "before"})
    headers = {"Authorization": f"Bearer {await engine.key(Scope.EVENTS)}"} if key == "new" else {}
    with hanging(mongod):
        answer, seconds = await timed(engine, method, path, json=body, headers=headers)
    told_soon(answer, seconds)


@pytest.mark.parametrize("changes", [{}, DELETED], ids=["waits for its record", "goes on the road"])
async def test_the_crm_is_told_soon_and_its_repeat_is_taken(
    engine: Engine, mongod: TestMongod, changes: dict[str, Any]
) -> None:
    raw = json.dumps(crm_event("sale.created", EventId=str(uuid4())) | changes).encode()
    sent: dict[str, Any] = {"content": raw, "headers": {"X-Superoffice-Signature": signed(SECRET, raw)}}
    await until_taken(engine, "POST", "/v1/events", json=EVENT | {"id": "before"})
    with hanging(mongod):
        answer, seconds = await timed(engine, "POST", "/v1/events/crm", **sent)
    told_soon(answer, seconds)

    again = await until_taken(engine, "POST", "/v1/events/crm", **sent)
    assert again["outcome"] in ("accepted", "duplicate")
    waits = await engine.database["crm_events"].count_documents({"_id": again["id"]})
    assert waits + await engine.database["events"].count_documents({"_id": again["id"]}) == 1


async def test_of_many_at_once_each_is_told_soon(engine: Engine, mongod: TestMongod) -> None:
    events = [EVENT | {"id": f"many-{number}"} for number in range(200)]
    with hanging(mongod):
        told = await asyncio.gather(*(timed(engine, "POST", "/v1/events", json=event) for event in events))
    for answer, seconds in told:
        told_soon(answer, seconds)


async def test_what_was_accepted_is_there_once_and_what_was_not_is_taken_later(
    engine: Engine, mongod: TestMongod
) -> None:
    """Posted while it stops and goes on. What is cut short may have been kept: then it is a repeat."""
    events = [EVENT | {"id": f"through-{n}", "contact": f"{n % 7}"} for n in range(60)]
    await until_taken(engine, "POST", "/v1/events", json=EVENT | {"id": "before"})
    posts = []
    for number, event in enumerate(events):
        posts.append(asyncio.create_task(timed(engine, "POST", "/v1/events", json=event)))
        await asyncio.sleep(0.01)
        if number == len(events) // 2:
            mongod.pause()
    await asyncio.wait(posts, timeout=SOON)
    mongod.go_on()
    told = [await post for post in posts]
    again = [await until_taken(engine, "POST", "/v1/events", json=event) for event in events]

    assert {answer.status_code for answer, _ in told} == {202, 503}
    assert max(seconds for _, seconds in told) < SOON
    for (answer, _), repeat in zip(told, again, strict=True):
        assert repeat["accepted"] + repeat["duplicates"] == 1
        if answer.status_code == 202:
            assert repeat["duplicates"] == 1
    kept = [repeat["records"][0]["id"] for repeat in again]
    assert await engine.database["events"].count_documents({"_id": {"$in": kept}}) == len(events)
