import asyncio

import pytest

from common.runtime import health
from common.runtime.health import Health


async def fine() -> str | None:
    return None


async def empty() -> str | None:
    return "has no partitions"


async def broken() -> str | None:
    raise ConnectionError("mongodb://me:hush@example.org")


async def hanging() -> str | None:
    await asyncio.sleep(60)
    return None


async def test_ready_when_every_check_is_content() -> None:
    checks = Health()
    checks.add("database", fine)
    assert (await checks.readiness()).ready


async def test_every_reason_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    checks = Health()
    for name, check in {"a": fine, "b": empty, "c": broken, "d": hanging}.items():
        checks.add(name, check)
    answer = await checks.readiness()
    assert not answer.ready
    assert answer.reasons == {
        "b": "has no partitions",
        "c": "ConnectionError",
        "d": "no answer within 0.01 s",
    }


async def test_a_process_that_stops_is_not_ready() -> None:
    checks = Health()
    checks.stopping = True
    assert (await checks.readiness()).reasons == {"process": "shutting down"}
