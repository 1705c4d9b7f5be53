"""A rules process that fails while it is asked about a batch, seen from outside the trigger service."""

import asyncio
import sys
from pathlib import Path

import pytest

from common.adapters.rules.matcher import DurableRulesMatcher, is_available
from services.trigger import app
from tests.integration.services.engine import Engine, an_engine
from tests.support.flows import a_flow, line
from tests.support.mongod import Database
from tests.support.rules import rules_processes

pytestmark = [
    pytest.mark.mongo,
    pytest.mark.skipif(not is_available(), reason="durable_rules can't be imported here"),
]

READY = """
import os, signal, sys, time
from common.adapters.rules.wire import pack, read_blocking
def say(answer):
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
read_blocking(sys.stdin.buffer)
say(pack("ready"))
question = read_blocking(sys.stdin.buffer)
"""
"""Takes the rules, and hears the first question; then something goes wrong."""

FAILURES = {
    "crashed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashed halfway": 'say(pack({"number": 1})[:5]); os.kill(os.getpid(), signal.SIGKILL)',
    "hung": "time.sleep(600)",
    "garbled": r'say(b"\0\0\0\5hello"); time.sleep(600)',
    "garbled for another": 'say(pack({"number": 7, "found": [[]] * len(question["facts"])})); time.sleep(600)',
    "garbled and too short": 'say(pack({"number": 1, "found": []})); time.sleep(600)',
}
COUNTRIES = ("DE", "SE", "US")


@pytest.mark.parametrize("failure", FAILURES)
async def test_no_event_is_lost_and_none_is_matched_wrongly(
    mongo_url: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    made: list[DurableRulesMatcher] = []
    command = (sys.executable, "-c", READY + FAILURES[failure])

    def failing(*settings: object) -> DurableRulesMatcher:
        made.append(DurableRulesMatcher(*settings, command=command, patience=0.3))  # type: ignore[arg-type]
        return made[0]

    monkeypatch.setattr(app, "DurableRulesMatcher", failing)
    people = {f"c{number}": COUNTRIES[number % 3] for number in range(90)}
    async with an_engine(mongo_url, database.name, tmp_path, matcher_minimum=1) as engine:
        for country in COUNTRIES:
            of_country = [name for name, lives in people.items() if lives == country]
            await engine.contacts(*of_country, country=country)
        for country in COUNTRIES[:2]:
            asks = [line("contact.country", "is", country), line("event.amount", "ge", 10, "number")]
            trigger = {"kind": "order_placed", "conditions": asks}
            await engine.runs(country.lower(), a_flow().triggered_by(trigger).wait("rest", days=9))
        await ready(made[0], engine)

        orders = [
            {"id": f"{name}-{amount}", "type": "order.placed", "contact": name, "data": {"amount": amount}}
            for amount in (9, 10)
            for name in people
        ]
        taken = await engine.call("POST", "/v1/events", json=orders)
        await engine.drain()

        assert taken["accepted"] == len(orders)
        for country in COUNTRIES[:2]:
            inside = [passage["contact"] for passage in await engine.passages(country.lower())]
            assert sorted(inside) == sorted(name for name, lives in people.items() if lives == country)
            report = await engine.call("GET", f"/v1/reports/flows/{country.lower()}")
            assert report["suggested"] == len(inside), "each once, by the order that was large enough"
        assert (await engine.call("GET", "/v1/operations/parked"))["items"] == []
        shown = (await engine.ask("GET", "/metrics")).text
        assert f'headrace_matcher_failures_total{{trouble="{failure.split()[0]}"}}' in shown
    assert not rules_processes()


async def ready(matcher: DurableRulesMatcher, engine: Engine) -> None:
    """Until a child for the flows of now waits for its first question."""
    book = await engine.process.stored_flows.book()
    async with asyncio.timeout(30):
        while not (matcher.wants(book) and matcher.epoch == book.epoch):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)
