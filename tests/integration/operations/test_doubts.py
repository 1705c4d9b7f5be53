"""What nobody knows the end of, and what a person makes of it."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow
from tests.support.smtp_sink import Fault

pytestmark = pytest.mark.mongo

EFFECTS = "/v1/operations/effects"
MANUAL = {"kind": "manual"}


async def in_doubt(engine: Engine, flow: str, contact: str) -> str:
    """A mail whose connection broke before the answer; the effect's id."""
    engine.sink.at_data[f"{contact}@example.org"] = Fault.BREAK
    await engine.runs(flow, a_flow().triggered_by(MANUAL).mail("hello").wait("rest", days=9))
    await engine.contacts(contact)
    await engine.call("POST", "/v1/enrolments", json={"id": flow, "flow": flow, "contacts": [contact]})
    await the_lease_runs_out(engine, contact)
    await engine.drain()
    del engine.sink.at_data[f"{contact}@example.org"]
    listed = (await engine.call("GET", EFFECTS))["items"]
    (effect,) = [item for item in listed if item["contact"] == contact]
    assert (effect["state"], effect["flow"], effect["attempts"]) == ("in_doubt", flow, 1)
    assert effect["message_id"] == f"effect.{effect['id']}"
    return str(effect["id"])


async def the_lease_runs_out(engine: Engine, contact: str) -> None:
    """Of the mail to this contact, as soon as the server has it."""
    effects = engine.database["effects"]
    sending = {"contact": contact, "state": "sending"}
    async with asyncio.timeout(30):
        while not engine.mails(contact):  # noqa: ASYNC110 - it happens in a server
            await asyncio.sleep(0.05)
        await effects.update_one(sending, {"$set": {"lease": datetime(2000, 1, 1, tzinfo=UTC)}})


async def messages(engine: Engine, flow: str) -> dict[str, int]:
    report = await engine.call("GET", f"/v1/reports/flows/{flow}")
    (row,) = report["messages"]
    return {state: number for state, number in row["by_state"].items() if number}


async def test_a_doubt_is_sent_again_when_a_person_asks_for_it(engine: Engine) -> None:
    effect = await in_doubt(engine, "doubt-1", "d-1")
    assert (await engine.call("GET", EFFECTS))["counts"]["in_doubt"] >= 1

    assert (await engine.ask("POST", f"{EFFECTS}/{effect}/resend")).status_code == 202
    await engine.drain()

    assert engine.mails("d-1") == ["hello", "hello"]
    assert len({got.message_id for got in engine.sink.counts if got.recipient == "d-1@example.org"}) == 1
    assert (await engine.passage("doubt-1", "d-1"))["last_message"]["status"] == "done"
    assert await messages(engine, "doubt-1") == {"done": 1}
    again = await engine.ask("POST", f"{EFFECTS}/{effect}/resend")
    assert (again.status_code, again.json()["state"]) == (409, "done")


@pytest.mark.parametrize("outcome", ["done", "failed"])
async def test_a_doubt_is_settled_by_who_knows_better(engine: Engine, outcome: str) -> None:
    flow, contact = f"doubt-{outcome}", f"d-{outcome}"
    effect = await in_doubt(engine, flow, contact)

    body = {"outcome": outcome, "note": "the relay's log says so"}
    assert (await engine.ask("POST", f"{EFFECTS}/{effect}/settle", json=body)).status_code == 202
    await engine.drain()

    assert len(engine.mails(contact)) == 1
    assert (await engine.passage(flow, contact))["last_message"]["status"] == outcome
    assert await messages(engine, flow) == {outcome: 1}
    assert "settled by hand: the relay's log says so" in await engine.why(contact, flow)
    assert (await engine.ask("POST", f"{EFFECTS}/{effect}/settle", json=body)).status_code == 409


async def test_only_known_effects_and_outcomes_are_taken(engine: Engine) -> None:
    assert (await engine.ask("POST", f"{EFFECTS}/nothing/resend")).status_code == 404
    body = {"outcome": "withdrawn"}
    assert (await engine.ask("POST", f"{EFFECTS}/nothing/settle", json=body)).status_code == 422
