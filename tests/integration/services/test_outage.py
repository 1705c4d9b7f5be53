"""The database away: what can't be kept is not taken, and nobody waits long to hear of it."""

import asyncio
from time import monotonic
from typing import Any

from tests.integration.services.engine import Engine
from tests.support.mongod import TestMongod

EVENT = {"id": "while-away", "type": "order.placed", "contact": "1"}
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v1/events", EVENT),
    ("PUT", "/v1/contacts", [{"id": "while-away"}]),
    ("POST", "/v1/enrolments", {"flow": "f", "contacts": ["1"], "id": "while-away"}),
)


async def test_without_a_database_nothing_is_taken_and_soon_told(engine: Engine, mongod: TestMongod) -> None:
    mongod.kill()
    told = []
    for method, path, body in REQUESTS:
        started = monotonic()
        told.append((await engine.ask(method, path, json=body), monotonic() - started))
    mongod.start()

    for answer, seconds in told:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        assert seconds < 3
    assert await engine.database["events"].count_documents({}) == 0
    assert await engine.database["work"].count_documents({}) == 0


async def test_when_it_is_back_the_same_event_is_taken_and_is_no_repeat(engine: Engine) -> None:
    async with asyncio.timeout(30):
        while (answer := await engine.ask("POST", "/v1/events", json=EVENT)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    assert answer.json()["accepted"] == 1
    await engine.drain()
