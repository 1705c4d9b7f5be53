"""The CRM's events with what its records say: accepted at once, fetched when the CRM can be asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from common.runtime.setting_parts import CrmSettings
from tests.integration.services.engine import Engine, an_engine
from tests.support.crm import crm_event, signed
from tests.support.crm_server import ADA, BASE, CrmServer
from tests.support.flows import a_flow, line
from tests.support.http_sink import Reply
from tests.support.mongod import TestMongod

pytestmark = pytest.mark.mongo
SECRET = "shared with the CRM alone"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crm() -> AsyncIterator[CrmServer]:
    server = CrmServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(
    mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory, crm: CrmServer
) -> AsyncIterator[Engine]:
    mongod.start()
    account = crm.account
    settings = CrmSettings(
        secret=SecretStr(SECRET),
        url=account.url,
        token_url=account.token_url,
        client_id=account.client_id,
        client_secret=SecretStr(account.client_secret),
        refresh_token=SecretStr(account.refresh_token),
    )
    database = f"test_{uuid4().hex[:12]}"
    async with an_engine(mongod.url, database, tmp_path_factory.mktemp("crm"), crm=settings) as started:
        yield started


async def deliver(engine: Engine, event: str, key: int, **changes: Any) -> str:
    """As the CRM does; answers the event's id, once it is accepted."""
    body = crm_event(event, EventId=str(uuid4()), PrimaryKey=key, Timestamp=..., **changes)
    raw = json.dumps(body).encode()
    headers = {"Authorization": "", "X-Superoffice-Signature": signed(SECRET, raw)}
    answer = await engine.ask("POST", "/v1/events/crm", content=raw, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def archived(engine: Engine, event_id: str) -> dict[str, Any]:
    """The event as it is archived, once it is."""
    async with asyncio.timeout(20):
        while (found := await engine.database["events"].find_one({"_id": event_id})) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await engine.drain()
    return dict(found)


async def waiting(engine: Engine) -> int:
    return await engine.database["crm_events"].count_documents({})


async def test_a_person_s_names_and_addresses_come_with_the_event(engine: Engine, crm: CrmServer) -> None:
    crm.put("Person", 8, **ADA)

    await archived(engine, await deliver(engine, "person.created", 8, FieldValues={"contact_id": 5}))

    contact = await engine.contact("8")
    assert (contact["first_name"], contact["email"]) == ("Ada", "ada@example.org")
    assert contact["company"]["name"] == "Mill & Co"
    assert await waiting(engine) == 0


async def test_a_sale_that_names_nobody_finds_its_contact_and_its_amount(
    engine: Engine, crm: CrmServer
) -> None:
    crm.put("Sale", 7, Amount=5000, Status="Sold", Person={"PersonId": 8})

    found = await archived(engine, await deliver(engine, "sale.sold", 7))

    assert (found["contact"], found["data"]["amount"], found["data"]["status"]) == ("8", 5000, "sold")


async def test_a_flow_starts_by_what_only_the_record_says(engine: Engine, crm: CrmServer) -> None:
    large = {"kind": "sale_sold", "conditions": [line("event.amount", "gt", 1000, "number")]}
    await engine.runs("large-sales", a_flow().triggered_by(large).wait(days=1))
    crm.put("Sale", 71, Amount=900, Status="Sold", Person={"PersonId": 71})
    crm.put("Sale", 72, Amount=1100, Status="Sold", Person={"PersonId": 72})

    for key in (71, 72):
        await archived(engine, await deliver(engine, "sale.sold", key))

    assert [each["contact"] for each in await engine.passages("large-sales")] == ["72"]


async def test_events_wait_while_the_crm_is_away_and_keep_their_order(engine: Engine, crm: CrmServer) -> None:
    crm.put("Person", 9, PersonId=9, Firstname="Ben")
    crm.answers[f"{BASE}/Person/9"] += [Reply(503), Reply(503)]

    ids = [await deliver(engine, f"person.{verb}", 9) for verb in ("created", "changed", "changed")]
    assert await waiting(engine) > 0
    rows = [await archived(engine, each) for each in ids]

    assert [row["type"] for row in rows] == ["contact.created", "contact.updated", "contact.updated"]
    assert [row["data"]["first_name"] for row in rows] == ["Ben"] * 3
    assert len(crm.at(f"{BASE}/Person/9")) <= 5, (
        "a record is fetched once for all the events that wait for it"
    )


async def test_a_repeat_is_a_repeat_whether_it_waits_still_or_is_archived(
    engine: Engine, crm: CrmServer
) -> None:
    crm.put("Person", 10, PersonId=10, Firstname="Cy")
    before = await engine.database["events"].count_documents({})
    body = {"EventId": str(uuid4())}
    first = crm_event("person.changed", PrimaryKey=10, **body)
    raw = json.dumps(first).encode()
    headers = {"Authorization": "", "X-Superoffice-Signature": signed(SECRET, raw)}
    for _ in range(3):
        answer = await engine.ask("POST", "/v1/events/crm", content=raw, headers=headers)
        assert answer.status_code == 200
        await archived(engine, answer.json()["id"])
    async with asyncio.timeout(20):
        while await waiting(engine):  # noqa: ASYNC110 - what is waited for happens in a database
            await asyncio.sleep(0.05)
    assert await engine.database["events"].count_documents({}) == before + 1


async def test_a_record_that_is_gone_leaves_the_event_as_it_came(engine: Engine, crm: CrmServer) -> None:
    found = await archived(engine, await deliver(engine, "person.changed", 404, FieldValues={"retired": 1}))
    assert found["data"]["retired"] is True
    assert "first_name" not in found["data"]


async def test_what_can_t_be_kept_of_a_record_leaves_the_event_as_it_came(
    engine: Engine, crm: CrmServer
) -> None:
    crm.put("Ticket", 11, Title="x" * 70_000, Person={"PersonId": 8})
    found = await archived(engine, await deliver(engine, "ticket.created", 11, FieldValues={"cust_id": 8}))
    assert found["contact"] == "8"
    assert "title" not in found["data"]
