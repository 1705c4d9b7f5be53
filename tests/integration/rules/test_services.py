"""Flows matched by durable_rules in the whole engine."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from common.adapters.rules.matcher import is_available
from tests.integration.services.engine import Engine, an_engine
from tests.support.flows import a_flow, line
from tests.support.mongod import TestMongod
from tests.support.rules import rules_processes

pytestmark = [
    pytest.mark.mongo,
    pytest.mark.skipif(not is_available(), reason="durable_rules can't be imported here"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    folder = tmp_path_factory.mktemp("engine")
    async with an_engine(mongod.url, f"test_{uuid4().hex[:12]}", folder, matcher_minimum=1) as started:
        yield started
    assert not rules_processes()


async def run(engine: Engine, name: str, country: str) -> None:
    trigger = {"kind": "order_placed", "conditions": [line("contact.country", "is", country)]}
    await engine.runs(name, a_flow(name).triggered_by(trigger).wait(days=30))


async def a_new_child(*before: int) -> int:
    async with asyncio.timeout(30):
        while not (fresh := set(rules_processes()) - set(before)):  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.02)
    return fresh.pop()


async def order(engine: Engine, contact: str) -> set[str]:
    """The flows that the contact is in after an order."""
    await engine.happens("order.placed", contact, amount=20)
    flows = [row["id"] for row in (await engine.call("GET", "/v1/flows"))["items"]]
    return {flow for flow in flows if await engine.passages(flow, contact)}


async def test_a_flow_is_matched_from_the_first_event_after_run_with_a_child_or_without(
    engine: Engine,
) -> None:
    await engine.contacts("1", "2", "3", "4", country="DE")
    await run(engine, "first", "DE")
    assert await order(engine, "1") == {"first"}
    child = await a_new_child()
    await run(engine, "second", "DE")
    await run(engine, "elsewhere", "SE")
    assert await order(engine, "2") == {"first", "second"}
    child = await a_new_child(child)
    assert await order(engine, "3") == {"first", "second"}
    os.kill(child, signal.SIGKILL)
    assert await order(engine, "4") == {"first", "second"}
    assert 'headrace_matcher_failures_total{trouble="crashed"} 1.0' in await metrics(engine)
    await a_new_child(child)
    await engine.contacts("5", country="SE")
    assert await order(engine, "5") == {"elsewhere"}


async def test_success_by_an_event_is_found_with_a_child_or_without(engine: Engine) -> None:
    """As many flows have criteria on the same events as make them worth a rule set each."""
    for country in ("FR", "IT"):
        won = {"kind": "sale_created", "conditions": [line("contact.country", "is", country)]}
        entry = {
            "kind": "order_placed",
            "conditions": [line("contact.country", "one_of", ["FR", "IT"], "list")],
        }
        flow = a_flow().triggered_by(entry).succeeding_by(won).wait(days=30)
        await engine.runs(f"won-{country.lower()}", flow)
    await engine.contacts("6", "7", country="FR")
    before = rules_processes()
    assert await order(engine, "6") == await order(engine, "7") == {"won-fr", "won-it"}
    child = await a_new_child(*before)
    await engine.happens("sale.created", "6", amount=20)
    assert await statuses(engine, "6") == {"won-fr": "finished_with_success", "won-it": "active"}
    os.kill(child, signal.SIGKILL)
    await engine.happens("sale.created", "7", amount=20)
    assert await statuses(engine, "7") == {"won-fr": "finished_with_success", "won-it": "active"}


async def statuses(engine: Engine, contact: str) -> dict[str, str]:
    flows = ("won-fr", "won-it")
    return {flow: row["status"] for flow in flows for row in await engine.passages(flow, contact)}


async def metrics(engine: Engine) -> str:
    return (await engine.ask("GET", "/metrics")).text
