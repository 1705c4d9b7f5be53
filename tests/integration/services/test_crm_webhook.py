"""The reference CRM's webhook over HTTP, as the CRM calls it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from common.runtime.setting_parts import CrmSettings
from tests.integration.services.engine import Engine, an_engine
from tests.support.crm import crm_event, signed
from tests.support.flows import a_flow, line
from tests.support.mongod import TestMongod

SECRET = "shared with the CRM alone"
NO_KEY = {"Authorization": ""}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    database = f"test_{uuid4().hex[:12]}"
    crm = CrmSettings(secret=SecretStr(SECRET), window=0)
    async with an_engine(mongod.url, database, tmp_path_factory.mktemp("crm"), crm=crm) as started:
        await started.selection("done")
        yield started


def event(name: str, **changes: Any) -> dict[str, Any]:
    """An event with an id and a record of its own."""
    return crm_event(name, EventId=str(uuid4()), PrimaryKey=uuid4().int % 10**9 + 1) | changes


async def deliver(engine: Engine, body: Any, secret: str = SECRET, **headers: str) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json; charset=utf-8", "X-Superoffice-Signature": signed(secret, raw)}
    return await engine.ask("POST", "/v1/events/crm", content=raw, headers=NO_KEY | sent | headers)


async def archived(engine: Engine, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found = await engine.database["events"].find_one({"_id": answer.json()["id"]})
    assert found is not None
    return found


async def test_a_signed_event_is_archived_and_answered_with_200(engine: Engine) -> None:
    answer = await deliver(engine, event("sale.created", FieldValues={"person_id": 8}))

    kept = await archived(engine, answer)
    assert answer.json()["outcome"] == "accepted"
    assert (kept["type"], kept["contact"]) == ("sale.created", "8")


@pytest.mark.parametrize(
    "header", ["x-superoffice-signature", "X-SUPEROFFICE-SIGNATURE", "X-SuperOffice-Signature"]
)
async def test_the_case_of_headers_makes_no_difference(engine: Engine, header: str) -> None:
    raw = json.dumps(event("foo.bar")).encode()

    answer = await engine.ask(
        "POST", "/v1/events/crm", content=raw, headers={header: f" {signed(SECRET, raw)} "}
    )

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "changes", [{}, {"EventId": "another-id"}, {"Timestamp": "2018-04-24T10:13:02.8352175+02:00"}]
)
async def test_a_repeat_is_answered_with_200_and_archived_once(
    engine: Engine, changes: dict[str, str]
) -> None:
    sent = event("sale.changed")
    await deliver(engine, sent)

    again = await deliver(engine, sent | changes, **{"X-SuperOffice-Retry": "1"})

    assert (again.status_code, again.json()["outcome"]) == (200, "duplicate")
    found = engine.database["events"].find({"data.crm.key": str(sent["PrimaryKey"])})
    assert len(await found.to_list()) == 1


async def test_the_same_event_id_is_a_repeat_whatever_it_says(engine: Engine) -> None:
    sent = event("sale.changed")
    await deliver(engine, sent)

    again = await deliver(engine, sent | {"Timestamp": "2024-01-01T00:00:00Z"})

    assert again.json()["outcome"] == "duplicate"


async def test_of_deliveries_at_once_one_is_new(engine: Engine) -> None:
    sent = event("sale.changed")

    answers = await asyncio.gather(
        *(deliver(engine, sent | {"EventId": str(uuid4())}) for _ in range(4)),
    )

    assert sorted(answer.json()["outcome"] for answer in answers) == ["accepted", *["duplicate"] * 3]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"Event": "test", "PrimaryKey": 0, "Entity": "test"}, {"X-Hook-Test": "true"}),
        ({"Event": "test", "PrimaryKey": 0}, {}),
        ({"event": "sale.created"}, {"x-hook-test": "True"}),
    ],
)
async def test_the_probe_is_answered_and_not_archived(
    engine: Engine, body: dict[str, Any], headers: dict[str, str]
) -> None:
    before = await engine.database["events"].count_documents({})

    answer = await deliver(engine, body, **headers)

    assert (answer.status_code, answer.json()) == (200, {"outcome": "probe", "id": None})
    assert await engine.database["events"].count_documents({}) == before


@pytest.mark.parametrize("headers", [{}, {"X-Hook-Test": "true"}])
async def test_who_does_not_know_the_secret_is_refused(engine: Engine, headers: dict[str, str]) -> None:
    answer = await deliver(engine, event("sale.created"), secret="a guess of sufficient length", **headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("signature", ["", "nonsense", "Ünicode".encode().decode("latin-1")])
async def test_what_is_no_signature_is_refused(engine: Engine, signature: str) -> None:
    headers = {b"X-Superoffice-Signature": signature.encode("latin-1")}

    answer = await engine.ask("POST", "/v1/events/crm", json=event("sale.created"), headers=headers)

    assert answer.status_code == 401


async def test_a_changed_body_breaks_the_signature(engine: Engine) -> None:
    raw = json.dumps(event("sale.created")).encode()
    headers = {"X-Superoffice-Signature": signed(SECRET, raw)}

    answer = await engine.ask("POST", "/v1/events/crm", content=raw + b" ", headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"no json", "#"),
        (b"[]", "#"),
        (b"{}", "#/Event"),
        (json.dumps(crm_event("sale.created", PrimaryKey=...)).encode(), "#/PrimaryKey"),
        (json.dumps(crm_event("sale.created", FieldValues={"$x": 1})).encode(), "#/data/crm/fields/$x"),
    ],
)
async def test_what_the_crm_never_sends_is_refused_and_kept(
    engine: Engine, body: bytes, pointer: str
) -> None:
    answers = [await deliver(engine, body) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {422}
    assert pointer in {error["pointer"] for error in answers[0].json()["errors"]}
    page = await engine.call("GET", "/v1/events/refused")
    (kept,) = [row for row in page["refused"] if row["body"] == body.decode()]
    assert (kept["way"], kept["errors"]) == ("crm", answers[0].json()["errors"])
    await engine.call("DELETE", f"/v1/events/refused/{kept['id']}")


async def test_a_flow_is_started_by_what_the_event_carries(engine: Engine) -> None:
    won = {"kind": "custom_event", "name": "sale.updated", "conditions": [line("event.status", "is", "sold")]}
    flow = a_flow().triggered_by(won).add_to("done")
    await engine.runs("crm-sold", flow)

    for number, status in enumerate((1, 2, 2)):
        person = 9000 + number if number < 2 else 0
        sale = event("sale.changed", FieldValues={"person_id": person, "status": status})
        assert (await deliver(engine, sale)).status_code == 200
    await engine.drain()

    assert [passage["contact"] for passage in await engine.passages("crm-sold")] == ["9001"]


async def test_a_person_that_retires_is_changed(engine: Engine) -> None:
    await engine.contacts("4711")

    await deliver(
        engine, event("person.changed", PrimaryKey="4711", FieldValues={"retired": "1", "contact_id": 7})
    )
    await engine.drain()

    stored = await engine.contact("4711")
    assert (stored["retired"], stored["company"]["id"]) == (True, "7")
    assert "crm" not in stored


async def test_what_can_not_be_archived_is_asked_for_again(engine: Engine, mongod: TestMongod) -> None:
    sent = event("sale.created")
    mongod.kill()
    try:
        away = await deliver(engine, sent)
    finally:
        mongod.start()

    assert away.status_code == 503
    assert "Retry-After" in away.headers
    async with asyncio.timeout(30):
        while (back := await deliver(engine, sent)).status_code == 503:  # noqa: ASYNC110 - as the CRM does
            await asyncio.sleep(0.2)
    assert back.json()["outcome"] == "accepted"


async def test_a_repeat_can_t_be_made_to_look_new_by_what_is_not_signed(engine: Engine) -> None:
    sent = crm_event("sale.created", PrimaryKey=uuid4().int % 10**9 + 1, EventId=...)
    first = await deliver(engine, sent)
    assert first.json()["outcome"] == "accepted", first.text
    again = await deliver(engine, sent, **{"X-Superoffice-EventId": "another"})
    assert again.json()["outcome"] == "duplicate"
    nameless = crm_event("sale.created", EventId=..., Timestamp=...)
    refused = await deliver(engine, nameless, **{"X-Superoffice-EventId": "another"})
    assert refused.status_code == 422
