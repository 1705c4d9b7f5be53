"""What is done in the reference CRM, on a real server that follows its description."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from common.adapters.crm.acts import AUTOMATIC, CrmActs, NewFollowUp, NewRequest, NewSale, Whose
from common.adapters.crm.patching import Change, Operation
from common.adapters.crm.persons import CrmPersons
from common.adapters.crm.session import Session
from common.domain.delivery import Delivered, Refused, Uncertain, Unreached
from tests.support.crm_server import ADA, BASE, TOKEN, CrmServer
from tests.support.http_sink import Fault, Reply

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHOSE = Whose(contact="8", company="5", project="3", owner="37201")
BELONGING = {
    "Person": {"PersonId": 8},
    "Contact": {"ContactId": 5},
    "Project": {"ProjectId": 3},
    "Associate": {"AssociateId": 37201},
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CrmServer]:
    server = CrmServer()
    await server.start()
    server.put("Person", 8, **ADA)
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def crm(server: CrmServer) -> AsyncIterator[CrmActs]:
    session = Session(server.account, timeout=0.5)
    yield CrmActs(session)
    await session.close()


async def test_a_sale_is_created_for_its_contact(crm: CrmActs, server: CrmServer) -> None:
    sale = NewSale("Mill", WHOSE, amount=1200.5, currency="36", type="3", date=NOON)
    assert isinstance(await crm.create_sale(sale), Delivered)
    assert server.records["Sale"][1] == {
        "Heading": "Mill",
        "SaleText": "",
        "Amount": 1200.5,
        "Currency": {"Id": 36},
        "SaleType": {"Id": 3},
        "Saledate": "2026-03-02T12:00:00+00:00",
        "Status": "Open",
        **BELONGING,
    }


async def test_a_request_is_created_and_its_owner_found_by_the_crm(crm: CrmActs, server: CrmServer) -> None:
    assert isinstance(
        await crm.create_request(NewRequest("Stuck", "8", owner=AUTOMATIC, category="2")), Delivered
    )
    assert server.records["Ticket"][1] == {
        "Title": "Stuck",
        "Category": {"Id": 2},
        "Person": {"PersonId": 8},
        "OwnedBy": 2_147_483_647,
    }
    assert server.asked[-1].path == f"{BASE}/Ticket?notify=true"


async def test_a_request_gets_its_message_behind_it(crm: CrmActs, server: CrmServer) -> None:
    request = NewRequest("Stuck", "8", status="1", message="Please help")
    assert isinstance(await crm.create_request(request), Delivered)
    assert server.records["Ticket"][1]["Status"] == {"Id": 1}
    assert server.records["TicketMessage"][1] == {"Ticket": {"TicketId": 1}, "Body": "Please help"}


@pytest.mark.parametrize("answer", [Fault.BREAK, Reply(400)])
async def test_a_request_without_its_message_is_no_reason_for_a_second_one(
    crm: CrmActs, server: CrmServer, answer: Reply | Fault
) -> None:
    server.answers[f"{BASE}/TicketMessage"].append(answer)
    made = await crm.create_request(NewRequest("Stuck", "8", message="Please help"))
    assert isinstance(made, Delivered) and made.text.startswith("without its message")


async def test_a_script_is_run_with_its_parameters(crm: CrmActs, server: CrmServer) -> None:
    assert isinstance(await crm.run_script("score it", {"who": "8"}), Delivered)
    assert server.records["CRMScript/score%20it/Execute"][1] == {"who": "8"}


async def test_a_follow_up_is_created_with_its_times(crm: CrmActs, server: CrmServer) -> None:
    ends = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    assert isinstance(await crm.create_follow_up(NewFollowUp("Call", WHOSE, NOON, ends)), Delivered)
    made = server.records["Appointment"][1]
    assert (made["StartDate"], made["EndDate"]) == ("2026-03-02T12:00:00+00:00", "2026-03-02T12:30:00+00:00")
    assert made["Person"] == {"PersonId": 8}
    assert made["Type"] == "inChecklist"


async def test_contacts_are_added_to_selections_and_projects(crm: CrmActs, server: CrmServer) -> None:
    assert isinstance(await crm.add_to_selection("17", "8", "5"), Delivered)
    assert isinstance(await crm.add_to_project("3", "8"), Delivered)
    assert server.records["Selection/17/Members/AddPerson"][1] == [{"PersonId": 8, "ContactId": 5}]
    assert server.records["ProjectMember"][1] == {"ProjectId": 3, "PersonId": 8, "ContactId": 0}


async def test_contacts_are_taken_off_selections_and_projects(crm: CrmActs, server: CrmServer) -> None:
    for contact in ("8", "9"):
        await crm.add_to_project("3", contact)
    assert isinstance(await crm.remove_from_selection("17", "8", "5"), Delivered)
    assert isinstance(await crm.remove_from_project("3", "8"), Delivered)
    assert server.records["Selection/17/Members/RemovePerson"][1] == [{"PersonId": 8, "ContactId": 5}]
    assert [row["PersonId"] for row in server.records["ProjectMember"].values()] == [9]
    assert await crm.remove_from_project("3", "8") == Delivered("was not on it")


@pytest_asyncio.fixture
async def persons(server: CrmServer) -> AsyncIterator[CrmPersons]:
    session = Session(server.account, timeout=0.5)
    yield CrmPersons(session)
    await session.close()


async def test_a_contact_is_changed_as_a_whole_or_not_at_all(persons: CrmPersons, server: CrmServer) -> None:
    retire = Change(Operation.REPLACE, "/Retired", True)
    tested = await persons.update_contact("8", [retire, Change(Operation.TEST, "/Lastname", "Somebody")])
    assert isinstance(tested, Refused) and tested.permanent
    assert server.records["Person"][8]["Retired"] is False

    assert isinstance(
        await persons.update_contact("8", [Change(Operation.TEST, "/Lastname", "Neil"), retire]), Delivered
    )
    assert server.records["Person"][8]["Retired"] is True


async def test_who_was_changed_meanwhile_is_tried_again_later(persons: CrmPersons, server: CrmServer) -> None:
    server.put("Person", 8, updated="2026-03-02T13:00:00", **ADA)
    retire = [Change(Operation.REPLACE, "/Retired", True)]
    overtaken = await persons.update_contact("8", retire, unless_changed_since=NOON)
    assert isinstance(overtaken, Refused) and not overtaken.permanent
    later = datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert isinstance(await persons.update_contact("8", retire, unless_changed_since=later), Delivered)


@pytest.mark.parametrize("answer", [Fault.HANG, Fault.BREAK, Reply(500), Reply(502), Reply(504)])
async def test_a_create_without_a_clear_answer_is_uncertain_and_asked_once(
    crm: CrmActs, server: CrmServer, answer: Reply | Fault
) -> None:
    server.answers[f"{BASE}/Sale"].append(answer)
    assert isinstance(await crm.create_sale(NewSale("Mill", WHOSE)), Uncertain)
    assert len(server.at(f"{BASE}/Sale")) == 1


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (403, True), (404, True), (429, False), (503, False)]
)
async def test_each_refusal_is_for_good_or_for_now(
    crm: CrmActs, server: CrmServer, status: int, permanent: bool
) -> None:
    server.answers[f"{BASE}/Sale"].append(Reply(status))
    refused = await crm.create_sale(NewSale("Mill", WHOSE))
    assert isinstance(refused, Refused) and refused.permanent is permanent


async def test_without_a_token_nothing_has_left(crm: CrmActs, server: CrmServer) -> None:
    server.answers[TOKEN].append(Fault.BREAK)
    assert isinstance(await crm.create_sale(NewSale("Mill", WHOSE)), Unreached)
    assert server.at(f"{BASE}/Sale") == []


async def test_a_token_that_the_crm_forgot_makes_no_second_sale(crm: CrmActs, server: CrmServer) -> None:
    await crm.create_sale(NewSale("First", WHOSE))
    server.tokens += 1
    assert isinstance(await crm.create_sale(NewSale("Second", WHOSE)), Delivered)
    assert [made["Heading"] for made in server.records["Sale"].values()] == ["First", "Second"]
