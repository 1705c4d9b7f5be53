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
        checkboxes=("custom.x_vip",),
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


async def test_a_checkbox_is_yes_or_no_to_conditions_and_merge_tags(engine: Engine, crm: CrmServer) -> None:
    mail = {
        "name": "N",
        "html": "<p>Hi</p>",
        "subject": "{% if contact.custom.x_vip %}Dear{% else %}Hi{% endif %}",
    }
    await engine.call("PUT", "/v1/contents/ticked", json=mail)
    flow = a_flow().triggered_by({"kind": "contact_updated"})
    vip = line("contact.custom.x_vip", "is", True, "yes_no")
    await engine.runs("vips", flow.filtered(vip).wait(days=1))
    for key, vip, children in ((41, "[I:1]", "[I:1]"), (42, "[I:0]", "[I:0]")):
        crm.put("Person", key, PersonId=key, CustomFields={"x_vip": vip, "x_children": children})
        await archived(engine, await deliver(engine, "person.changed", key))

    assert [each["contact"] for each in await engine.passages("vips")] == ["41"]
    assert (await engine.contact("42"))["custom"] == {"x_vip": False, "x_children": 0}
    for contact, subject in (("41", "Dear"), ("42", "Hi")):
        shown = await engine.call("POST", "/v1/contents/ticked/preview", json={"contact": contact})
        assert shown["subject"] == subject


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
    first = crm_event("person.changed", PrimaryKey=10, Timestamp=..., **body)
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


def consents(at: str, basis: str = "61A") -> list[dict[str, str]]:
    return [{"ConsentPurposeKey": "EMARKETING", "LegalBaseKey": basis, "Updated": at}]


async def test_a_consent_given_or_withdrawn_in_the_crm_is_taken_and_an_unsubscribed_contact_stays_so(
    engine: Engine, crm: CrmServer
) -> None:
    async def valid() -> bool:
        kept = (await engine.contact("50"))["consents"]["e_marketing"]
        return "withdrawn_at" not in kept

    crm.put("Person", 50, PersonId=50, Firstname="Not told by this", Consents=consents("1990-01-01T10:00:00"))
    found = await archived(engine, await deliver(engine, "person.consented", 50))
    assert (found["type"], await valid()) == ("contact.consented", True)
    assert "first_name" not in await engine.contact("50")

    await engine.happens("contact.unsubscribed", "50")
    await archived(engine, await deliver(engine, "person.changed", 50))
    assert not await valid(), "the CRM says yes still, and said it before"

    crm.put("Person", 50, PersonId=50, Consents=consents("2099-01-01T10:00:00"))
    await archived(engine, await deliver(engine, "person.consented", 50))
    assert await valid()

    crm.put("Person", 50, PersonId=50, Consents=[])
    await archived(engine, await deliver(engine, "person.unconsented", 50))
    assert not await valid()


async def test_who_is_deleted_in_the_crm_leaves_flows_and_is_forgotten(
    engine: Engine, crm: CrmServer
) -> None:
    await engine.runs("stay", a_flow().triggered_by({"kind": "manual"}).wait(days=9).wait("on", days=9))
    await engine.contacts("51", "52", first_name="Ada")
    await engine.suggests("stay", "51", "52")

    await archived(engine, await deliver(engine, "person.softdeleted", 52))
    await deliver(engine, "person.deleted", 51, Values={"contact_id": 5, "person_id": 51})
    async with asyncio.timeout(30):
        while await engine.database["forgotten"].find_one({"_id": "51", "done_at": {"$ne": None}}) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await engine.pass_(days=10)

    assert await engine.database["contacts"].find_one({"_id": "51"}) is None
    reasons = {each["contact"]: each["reason"] for each in await engine.passages("stay")}
    assert reasons == {"51": "no_consent", "52": "former_employee"}


async def test_a_changed_company_is_changed_for_all_its_contacts(engine: Engine, crm: CrmServer) -> None:
    customer = {
        "kind": "contact_updated", "conditions": [line("contact.company.category", "is", "Customer")]
    }  # fmt: skip
    await engine.runs("won", a_flow().triggered_by({"kind": "manual"}).succeeding_by(customer).wait(days=1))
    await engine.contacts("53", "54", company={"id": "77", "name": "Mill", "category": "Prospect"})
    await engine.suggests("won", "53")
    crm.put("Contact", 77, ContactId=77, Name="Mill & Co", Category={"Value": "Customer"},
            Associate={"AssociateId": 7})  # fmt: skip

    await archived(engine, await deliver(engine, "contact.changed", 77))

    for contact in ("53", "54"):
        company = (await engine.contact(contact))["company"]
        assert (company["name"], company["category"], company["owner"]) == ("Mill & Co", "Customer", "7")
    await engine.pass_(days=2)
    assert (await engine.passage("won", "53"))["status"] == "finished_with_success"


async def test_a_message_added_to_a_request_is_told_once_and_the_first_one_not_at_all(
    engine: Engine, crm: CrmServer
) -> None:
    heard = {"kind": "request_message_added", "conditions": [line("event.internal", "is", False, "yes_no")]}
    await engine.runs("answered", a_flow().triggered_by(heard).wait(days=1))
    crm.put("Ticket", 60, Title="Wheel stuck", Person={"PersonId": 55})
    crm.put("TicketMessage", 1, ticketId=60, author="ada", slevel="External")
    await archived(engine, await deliver(engine, "ticket.changed", 60))
    crm.put("TicketMessage", 2, ticketId=60, author="ben", slevel="Internal")
    crm.put("TicketMessage", 3, ticketId=60, author="ada", slevel="External")
    for _ in range(2):
        await archived(engine, await deliver(engine, "ticket.changed", 60))

    found = engine.database["events"].find({"type": "request.message_added", "contact": "55"})
    told = [(row["data"]["message"], row["data"]["title"]) async for row in found.sort("data.message")]
    assert told == [("2", "Wheel stuck"), ("3", "Wheel stuck")]
    assert (await engine.passage("answered", "55"))["step"] is not None


async def test_a_member_of_a_project_is_added_to_it_once_its_record_tells_which(
    engine: Engine, crm: CrmServer
) -> None:
    crm.put("ProjectMember", 9, PersonId=56, ProjectId=178105)

    found = await archived(engine, await deliver(engine, "projectmember.created", 9))

    assert (found["type"], found["contact"]) == ("project.added", "56")
    assert (await engine.contact("56"))["projects"] == ["178105"]
