"""Reading the reference CRM over REST, on a real server that follows its description."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from common.adapters.crm.rest import CHANGED, NEW, CrmRest, Touched
from common.adapters.crm.session import CrmAway, CrmRefused, Session
from common.runtime.setting_parts import CrmSettings
from services.crm_account import account_of
from tests.support.crm_server import ADA, BASE, TOKEN, CrmServer
from tests.support.http_sink import Fault, Reply

PERSON = f"{BASE}/Person/8"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CrmServer]:
    server = CrmServer()
    await server.start()
    server.put("Person", 8, **ADA)
    yield server
    await server.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def crm(server: CrmServer, clock: Clock) -> AsyncIterator[CrmRest]:
    session = Session(server.account, timeout=0.5, now=clock)
    yield CrmRest(session)
    await session.close()


async def test_a_person_is_read_in_our_words(crm: CrmRest) -> None:
    found = await crm.fetch("person", "8")
    assert found is not None
    assert found.contact == "8"
    assert found.data == {
        "first_name": "Ada",
        "last_name": "Neil",
        "email": "ada@example.org",
        "mobile": "+49 151 12345678",
        "retired": False,
        "interests": ["Wine"],
        "country": "DE",
        "company": {"id": "5", "name": "Mill & Co", "category": "Customer"},
    }


async def test_a_person_and_its_company_name_their_users(crm: CrmRest, server: CrmServer) -> None:
    mill = {"ContactId": 5, "Associate": {"AssociateId": 0}, "SupportAssociate": {"AssociateId": 7}}
    server.put("Person", 9, Associate={"AssociateId": 37201}, SupportAssociate=None, Contact=mill)

    found = await crm.fetch("person", "9")

    assert found is not None
    assert (found.data["owner"], found.data["service_contact"]) == ("37201", None)
    company = found.data["company"]
    assert (company["owner"], company["service_contact"]) == (None, "7")


async def test_a_sale_and_a_request_name_their_person(crm: CrmRest, server: CrmServer) -> None:
    server.put("Sale", 7, Heading="Mill", Amount=1200.5, Currency={"Value": "EUR"}, Status="Sold",
               Person={"personId": 8}, Contact={"ContactId": 5}, Project=None)  # fmt: skip
    server.put("Ticket", 9, title="Wheel stuck", Category={"Name": "Repairs"}, Person={"PersonId": 0})

    sale, ticket = await crm.fetch("sale", "7"), await crm.fetch("ticket", "9")

    assert sale is not None and ticket is not None
    assert (sale.contact, ticket.contact) == ("8", None)
    assert sale.data == {
        "amount": 1200.5, "currency": "EUR", "heading": "Mill", "status": "sold", "company": "5",
    }  # fmt: skip
    assert ticket.data == {"title": "Wheel stuck", "category": "Repairs"}


async def test_what_is_not_there_is_none(crm: CrmRest, server: CrmServer) -> None:
    assert await crm.fetch("person", "99") is None
    assert await crm.fetch("document", "8") is None
    assert await crm.fetch("person", "8/../../secrets") is None
    assert len(server.at(f"{BASE}/Person/99")) == 1


async def test_one_token_serves_until_shortly_before_its_end(
    crm: CrmRest, server: CrmServer, clock: Clock
) -> None:
    for after in (0, 3500, 100, 3000):
        clock.now += after
        assert await crm.fetch("person", "8") is not None
    assert server.tokens == 2


async def test_a_token_that_the_crm_forgot_is_renewed_at_once(crm: CrmRest, server: CrmServer) -> None:
    await crm.fetch("person", "8")
    server.tokens += 1
    assert await crm.fetch("person", "8") is not None


@pytest.mark.parametrize(
    "answer", [Reply(500), Reply(503), Reply(429), Fault.HANG, Fault.BREAK, Reply(200, b"<html>")]
)
async def test_what_may_be_different_later_is_away(
    crm: CrmRest, server: CrmServer, answer: Reply | Fault
) -> None:
    server.answers[PERSON].append(answer)
    with pytest.raises(CrmAway):
        await crm.fetch("person", "8")
    assert await crm.fetch("person", "8") is not None


async def test_without_a_token_it_is_away_and_nothing_secret_is_told(crm: CrmRest, server: CrmServer) -> None:
    server.answers[TOKEN].append(Reply(400, b'{"error": "invalid_grant"}'))
    with pytest.raises(CrmAway) as away:
        await crm.fetch("person", "8")
    assert "client secret" not in str(away.value)


async def test_a_no_to_one_question_is_no_to_that_alone(crm: CrmRest, server: CrmServer) -> None:
    server.answers[PERSON].append(Reply(403))
    with pytest.raises(CrmRefused):
        await crm.fetch("person", "8")


async def test_changed_persons_come_page_by_page_the_oldest_first(crm: CrmRest, server: CrmServer) -> None:
    for key, day in ((1, 5), (2, 3), (3, 4), (4, 1)):
        server.put("Person", key, updated=f"2026-03-0{day}T10:00:00", **ADA)

    pages = [page async for page in crm.touched(CHANGED["person"], datetime(2026, 3, 2, tzinfo=UTC))]

    assert [[each.key for each in page] for page in pages] == [["8", "2"], ["3", "1"]]
    assert pages[1][1] == Touched("1", "2026-03-05T10:00:00")


async def test_the_token_is_given_to_nobody_else(crm: CrmRest, server: CrmServer) -> None:
    stranger = b'{"value": [], "odata.nextLink": "https://elsewhere.example.org/api/v1/Person"}'
    server.answers[f"{BASE}/Person"].append(Reply(200, stranger))
    with pytest.raises(CrmRefused, match="not its own"):
        [page async for page in crm.touched(CHANGED["person"], datetime(2026, 3, 2, tzinfo=UTC))]


@pytest.mark.parametrize(("kind", "place"), [("sale", "Sale"), ("ticket", "Ticket")])
async def test_new_records_are_listed_by_the_moment_at_which_they_were_made(
    crm: CrmRest, server: CrmServer, kind: str, place: str
) -> None:
    server.put(place, 7, updated="2026-03-02T10:00:00.25")
    server.put(place, 6, updated="2026-03-01T10:00:00")

    pages = [page async for page in crm.touched(NEW[kind], datetime(2026, 3, 2, tzinfo=UTC))]

    assert pages == [[Touched("7", "2026-03-02T10:00:00.25")]]


async def test_a_person_s_consents_and_custom_fields_are_read(crm: CrmRest, server: CrmServer) -> None:
    row = {"ConsentSourceKey": "WEBFORM", "Updated": "2026-03-02T09:40:59.3826663+02:00"}
    server.put(
        "Person", 9, PersonId=9, Category={"Value": "Prospect"},
        CustomFields={"SuperOffice:1": "[I:12]", "x_tier": "gold"},
        Consents=[
            row | {"ConsentPurposeKey": "EMARKETING", "LegalBaseKey": "61A"},
            row | {"ConsentPurposeKey": "STORE", "LegalBaseKey": "WITHDRAWN"},
            row | {"ConsentPurposeKey": "OTHER", "LegalBaseKey": "61E"},
        ],
    )  # fmt: skip

    found = await crm.fetch("person", "9")

    assert found is not None
    at = "2026-03-02T07:40:59.382000+00:00"
    assert found.data == {
        "category": "Prospect",
        "custom": {"SuperOffice:1": 12, "x_tier": "gold"},
        "held_consents": {
            "source": "crm",
            "consents": {
                "e_marketing": {"basis": "consent", "source": "crm/WEBFORM", "at": at},
                "store": {"basis": "consent", "source": "crm/WEBFORM", "withdrawn_at": at},
            },
        },
    }


async def test_a_company_a_follow_up_and_a_member_are_read(crm: CrmRest, server: CrmServer) -> None:
    server.put("Contact", 5, ContactId=5, Name="Mill & Co", Category=None, Associate={"AssociateId": 7},
               CustomFields={"x_size": "[I:3]"})  # fmt: skip
    server.put("Appointment", 4, Title="Call", Type="inChecklist", Task={"Value": "Phone"},
               StartDate="2026-03-04T08:00:00", Person={"PersonId": 8})  # fmt: skip
    server.put("Appointment", 6, Title="Offer", Type="Document", Person={"PersonId": 8})
    server.put("ProjectMember", 3, ProjectmemberId=3, PersonId=8, ProjectId=77)

    company, call = await crm.fetch("contact", "5"), await crm.fetch("activity", "4")
    member = await crm.fetch("projectmember", "3")

    assert company is not None and call is not None and member is not None
    assert (company.contact, company.data) == (
        None, {"name": "Mill & Co", "category": None, "owner": "7", "custom": {"x_size": 3}},
    )  # fmt: skip
    assert (call.contact, call.data) == (
        "8", {"title": "Call", "type": "Phone", "meeting": False, "begins": "2026-03-04T08:00:00"},
    )  # fmt: skip
    assert (member.contact, member.data) == ("8", {"project": "77"})
    assert await crm.fetch("activity", "6") is None, "a document in the diary is no follow-up"


async def test_what_was_added_to_a_request_is_listed_without_what_it_began_with(
    crm: CrmRest, server: CrmServer
) -> None:
    for key, ticket, level in (
        (1, 9, "External"),
        (2, 9, "Internal"),
        (3, 10, "External"),
        (4, 9, 2),
        (5, 9, 1),
    ):
        server.put("TicketMessage", key, ticketId=ticket, author="ben", slevel=level)

    messages = await crm.messages("9")

    assert [(each.key, each.internal) for each in messages] == [("5", True), ("4", False), ("2", True)]
    assert await crm.messages("10") == []


async def test_a_system_user_s_ticket_is_read_anew_when_it_holds_no_longer(
    server: CrmServer, tmp_path: Path
) -> None:
    file = tmp_path / "ticket"
    settings = CrmSettings(url=server.account.url, ticket_file=file, app_token=SecretStr("app token"))
    account = account_of(settings)
    assert account is not None
    session = Session(account, timeout=0.5)
    crm = CrmRest(session)
    with pytest.raises(CrmAway, match="no token"):
        await crm.fetch("person", "8")
    for ticket in ("7T:one", "7T:two"):
        server.ticket = ticket
        file.write_text(f"{ticket}\n")
        assert await crm.fetch("person", "8") is not None
    assert server.tokens == 0
    await session.close()
