"""CloudEvents over HTTP in each of their modes."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.services.engine import Engine

BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def event(**changes: Any) -> dict[str, Any]:
    good = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "https://crm.example.org/events",
        "type": "trial.started",
        "subject": "4711",
        "data": {"plan": "small"},
    }
    return good | changes


async def archived(engine: Engine, told: dict[str, Any]) -> dict[str, Any]:
    found = await engine.database["events"].find_one({"_id": told["id"]})
    assert found is not None
    return found


async def test_a_binary_event_is_archived_with_its_attributes(engine: Engine) -> None:
    sent = event(subject="M%C3%BCller%20%26%20Co", time="2026-01-01T10:00:00.1234567+02:00")
    headers = {f"CE-{name}": value for name, value in sent.items() if name != "data"}

    answer = await engine.ask("POST", "/v1/events", json={"plan": "small"}, headers=headers)

    assert answer.status_code == 202, answer.text
    kept = await archived(engine, answer.json()["records"][0])
    assert (kept["contact"], kept["data"]) == ("Müller & Co", {"plan": "small"})
    assert kept["sent_at"].isoformat() == "2026-01-01T08:00:00.123000+00:00"


async def test_the_same_event_in_another_mode_is_a_repeat(engine: Engine) -> None:
    sent = event()
    headers = {f"ce-{name}": value for name, value in sent.items() if name != "data"}
    structured = {"Content-Type": "application/cloudevents+json"}
    await engine.call("POST", "/v1/events", content=json.dumps(sent), headers=structured)

    binary = await engine.call("POST", "/v1/events", json=sent["data"], headers=headers)
    batched = await engine.call("POST", "/v1/events", content=json.dumps([sent]), headers=BATCH)

    assert (binary["duplicates"], batched["duplicates"]) == (1, 1)


async def test_a_batch_is_answered_one_by_one(engine: Engine) -> None:
    body = json.dumps([event(), event(specversion="0.3"), event()])

    answer = await engine.ask("POST", "/v1/events", content=body, headers=BATCH)

    assert answer.status_code == 202
    assert [row["outcome"] for row in answer.json()["records"]] == ["accepted", "rejected", "accepted"]


async def test_an_empty_batch_is_accepted(engine: Engine) -> None:
    answer = await engine.ask("POST", "/v1/events", content="[]", headers=BATCH)

    assert answer.status_code == 202
    assert answer.json() == {"accepted": 0, "duplicates": 0, "rejected": 0, "records": []}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/cloudevents+avro"])
async def test_other_media_types_are_refused_with_those_that_are_taken(engine: Engine, kind: str) -> None:
    body = json.dumps(event())

    answer = await engine.ask("POST", "/v1/events", content=body, headers={"Content-Type": kind})

    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    assert kind in answer.json()["detail"] and BATCH["Content-Type"] in answer.json()["detail"]
