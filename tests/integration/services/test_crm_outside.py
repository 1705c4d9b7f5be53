"""Acts of flows in a CRM outside: by signed calls, and in the reference CRM."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr
from standardwebhooks import Webhook

from common.domain.event import LOOP_DEPTH
from common.domain.forms.submission import person_of_address
from common.runtime.setting_parts import CrmKind, CrmSettings
from tests.integration.services.engine import SECRET, Engine, an_engine
from tests.support.crm import crm_event, signed
from tests.support.crm_server import ADA, BASE, CrmServer
from tests.support.flows import a_flow
from tests.support.http_sink import Reply
from tests.support.mongod import TestMongod

pytestmark = pytest.mark.mongo


@pytest_asyncio.fixture
async def crm() -> AsyncIterator[CrmServer]:
    """Takes signed calls at `/acts`, too."""
    server = CrmServer()
    await server.start()
    server.put("Person", 8, **ADA)
    yield server
    await server.stop()


async def asks(engine: Engine, *contacts: str) -> None:
    asking = a_flow().step("create_request", "ask", subject="Call {{ contact.first_name }}", message="Soon")
    await engine.runs("asking", asking.wait("rest", days=9))
    await engine.contacts(*contacts, first_name="Ada")
    for contact in contacts:
        await engine.happens("order.placed", contact)


async def test_an_act_is_told_to_a_crm_of_any_make(
    mongod: TestMongod, tmp_path: Path, crm: CrmServer
) -> None:
    mongod.start()
    settings = CrmSettings(kind=CrmKind.WEBHOOK, webhook_url=f"{crm.url}/acts")
    crm.answers["/acts"].append(Reply(200))
    async with an_engine(mongod.url, f"test_{uuid4().hex[:12]}", tmp_path, crm=settings) as engine:
        await asks(engine, "ada")
        (asked,) = crm.at("/acts")
        told = Webhook(SECRET).verify(asked.body, dict(asked.headers))
        assert (told["type"], told["data"]["title"]) == ("crm.create_request", "Call Ada")
        assert (await engine.call("GET", "/v1/requests"))["items"] == []
        assert "was taken by the CRM (answered 200)" in await engine.why("ada", "asking")


async def test_an_act_is_done_in_the_reference_crm_or_why_it_is_not_is_told(
    mongod: TestMongod, tmp_path: Path, crm: CrmServer
) -> None:
    mongod.start()
    account = crm.account
    settings = CrmSettings(
        url=account.url, token_url=account.token_url, client_id=account.client_id,
        client_secret=SecretStr(account.client_secret), refresh_token=SecretStr(account.refresh_token),
        look=0,
    )  # fmt: skip
    async with an_engine(mongod.url, f"test_{uuid4().hex[:12]}", tmp_path, crm=settings) as engine:
        await asks(engine, "8")
        assert crm.records["Ticket"][1]["Title"] == "Call Ada"
        assert crm.records["TicketMessage"][1]["Body"] == "Soon"

        selling = a_flow().triggered_by({"kind": "chat_started"})
        await engine.runs(
            "selling", selling.step("create_sale", "sell", subject="Mill", amount=9, currency="EUR")
        )
        await engine.happens("chat.started", "8")
        assert "Sale" not in crm.records
        assert "was refused by the CRM (the reference CRM knows its records and lists by numbers" in (
            await engine.why("8", "selling")
        )


CRM_SECRET = "shared with the CRM alone"


def rest(crm: CrmServer) -> CrmSettings:
    account = crm.account
    return CrmSettings(
        secret=SecretStr(CRM_SECRET), url=account.url, token_url=account.token_url,
        client_id=account.client_id, client_secret=SecretStr(account.client_secret),
        refresh_token=SecretStr(account.refresh_token), look=0,
    )  # fmt: skip


@pytest_asyncio.fixture
async def engine(mongod: TestMongod, tmp_path: Path, crm: CrmServer) -> AsyncIterator[Engine]:
    mongod.start()
    async with an_engine(mongod.url, f"test_{uuid4().hex[:12]}", tmp_path, crm=rest(crm)) as started:
        yield started


async def tells(engine: Engine, event: str, key: int, **changes: Any) -> None:
    """The CRM tells of one of its records, and everything follows from it."""
    raw = json.dumps(
        crm_event(event, EventId=str(uuid4()), PrimaryKey=key, Timestamp=..., **changes)
    ).encode()
    headers = {"Authorization": "", "X-Superoffice-Signature": signed(CRM_SECRET, raw)}
    answer = await engine.ask("POST", "/v1/events/crm", content=raw, headers=headers)
    assert answer.status_code == 200, answer.text
    await engine.drain()


def puts(crm: CrmServer, updated: str, **fields: Any) -> None:
    crm.put("Person", 8, updated=updated, **crm.records["Person"][8] | fields)


async def test_what_a_flow_changes_is_told_and_its_echo_moves_nobody(engine: Engine, crm: CrmServer) -> None:
    await engine.selection("17")
    await engine.runs(
        "changes",
        a_flow()
        .triggered_by({"kind": "chat_started"})
        .step("update_contact", "rename", set={"last_name": "Lovelace", "company": {"name": "Mill Ltd"}})
        .step("add_to_selection", "join", selection="17"),
    )
    await engine.runs("hears", a_flow().triggered_by({"kind": "contact_updated"}).wait("w", days=9))
    crm.put("Contact", 5, Name="Mill & Co")
    await tells(engine, "person.created", 8)

    await engine.happens("chat.started", "8")

    assert crm.records["Person"][8]["Lastname"] == "Lovelace"
    assert crm.records["Contact"][5]["Name"] == "Mill Ltd"
    assert crm.records["Selection/17/Members/AddPerson"][1] == [{"PersonId": 8, "ContactId": 5}]
    assert len(await engine.passages("hears")) == 1
    await engine.act("hears", "end")
    await engine.runs("hears-again", a_flow().triggered_by({"kind": "contact_updated"}).wait("w", days=9))
    puts(crm, crm.touched["Person"][8], Contact=crm.records["Person"][8]["Contact"] | {"Name": "Mill Ltd"})
    await tells(engine, "person.changed", 8)
    assert await engine.passages("hears-again") == []


async def test_a_flow_s_change_survives_what_is_older_and_gives_way_to_what_is_newer(
    engine: Engine, crm: CrmServer
) -> None:
    await tells(engine, "person.created", 8)
    rename = a_flow().step("update_contact", "rename", set={"last_name": "Lovelace"})
    await engine.runs("renames", rename.wait("rest", days=9))
    old = {"UpdatedDate": crm.touched["Person"][8]} | crm.records["Person"][8] | {"Firstname": "Augusta"}

    await engine.happens("order.placed", "8")
    crm.answers[f"{BASE}/Person/8"].append(Reply(200, json.dumps(old).encode()))
    await tells(engine, "person.changed", 8)
    contact = await engine.contact("8")
    assert (contact["first_name"], contact["last_name"]) == ("Augusta", "Lovelace")

    puts(crm, "2026-03-02T12:30:00", Lastname="King")
    await tells(engine, "person.changed", 8)
    assert (await engine.contact("8"))["last_name"] == "King"


async def test_two_flows_that_set_one_another_off_through_the_crm_come_to_an_end(
    engine: Engine, crm: CrmServer
) -> None:
    asks = a_flow().triggered_by({"kind": "request_created"}).step("create_request", "ask", subject="Again")
    await engine.runs("circle", asks)
    await engine.contacts("8")
    await engine.happens("request.created", "8", request="1")
    for number in range(2, 15):
        if number - 1 not in crm.records.get("Ticket", {}):
            break
        await engine.happens("request.created", "8", request=str(number))
    assert len(crm.records["Ticket"]) == LOOP_DEPTH


FORM = {
    "name": "A form",
    "pages": [
        {
            "elements": [
                {
                    "kind": "contact_field",
                    "id": "email",
                    "label": "E-mail",
                    "field": "email",
                    "required": True,
                },
                {"kind": "contact_field", "id": "name", "label": "Name", "field": "last_name"},
            ]
        }
    ],
    "processing": "automatic",
}


async def test_whom_a_form_creates_is_one_person_here_and_in_the_crm(engine: Engine, crm: CrmServer) -> None:
    await engine.call("PUT", "/v1/forms/sign-up", json=FORM)
    selling = a_flow().triggered_by({"kind": "form_submitted", "form": "sign-up"})
    await engine.runs("selling", selling.step("create_sale", "sell", subject="Mill").wait("rest", days=9))
    await engine.runs("new", a_flow().triggered_by({"kind": "contact_created"}).wait("w", days=9))

    answers = {"email": "bo@example.org", "name": "Baker"}
    answer = await engine.ask("POST", "/r/form/sign-up", json=answers, headers={"Authorization": ""})
    assert answer.is_success, answer.text
    await engine.drain()

    bo = person_of_address("bo@example.org")
    assert crm.records["Person"][9]["Lastname"] == "Baker"
    assert list(crm.records["Person"]) == [8, 9]
    assert crm.records["Sale"][1]["Person"] == {"PersonId": 9}

    await tells(engine, "person.created", 9)
    crm.put("Sale", 1, Person={"PersonId": 9}, Amount=12)
    await tells(engine, "sale.created", 1, FieldValues={"person_id": 9})
    crm.put("Person", 9, updated="2026-03-02T13:00:00", **crm.records["Person"][9] | {"Lastname": "King"})
    await tells(engine, "person.changed", 9)

    assert await engine.database["contacts"].count_documents({}) == 1
    assert (await engine.contact(bo))["last_name"] == "King"
    assert await engine.database["events"].count_documents({"type": "sale.created", "contact": bo}) == 1
    assert len(await engine.passages("new")) == 1


async def test_a_person_of_whom_the_crm_tells_before_its_answer_is_noted_is_no_second_one(
    engine: Engine, crm: CrmServer
) -> None:
    bo = person_of_address("bo@example.org")
    await engine.contacts(bo, email="bo@example.org")
    crm.put("Person", 12, PersonId=12, Lastname="Baker", Emails=[{"Value": "Bo@example.org"}])

    await tells(engine, "person.created", 12)

    assert (await engine.contact(bo))["last_name"] == "Baker"
    assert await engine.database["contacts"].count_documents({}) == 1


async def test_a_contact_whose_person_is_here_already_leaves_that_one_its_events(
    engine: Engine, crm: CrmServer
) -> None:
    await tells(engine, "person.created", 8)
    await asks(engine, "ada")
    assert crm.records["Ticket"][1]["Person"] == {"PersonId": 8}

    puts(crm, "2026-03-02T13:00:00", Lastname="King")
    await tells(engine, "person.changed", 8)
    assert (await engine.contact("8"))["last_name"] == "King"
    assert "last_name" not in await engine.contact("ada")
