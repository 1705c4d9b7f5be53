"""What the CRM's webhook did not tell is found by asking, once, and nothing that it told comes twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from common.adapters.crm.rest import CrmRest
from common.adapters.crm.session import CrmAway, Session
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.crm_looks import CRM_LOOKS, MongoCrmLooks
from common.runtime.intake import Intake
from services.trigger.crm_gap_kinds import GapKind, gap_kinds
from services.trigger.crm_gaps import CrmGaps
from tests.integration.services.engine import PARTITIONS, Engine
from tests.support.crm_server import BASE, CrmServer
from tests.support.flows import a_flow
from tests.support.http_sink import Reply

pytestmark = pytest.mark.mongo
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
EARLY, LATE = "2026-03-03T09:00:00", "2026-03-03T13:00:00.5"


@pytest_asyncio.fixture
async def crm() -> AsyncIterator[CrmServer]:
    server = CrmServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def gaps(engine: Engine, crm: CrmServer) -> AsyncIterator[CrmGaps]:
    await engine.database[CRM_LOOKS].delete_many({})
    session = Session(crm.account)
    yield gaps_of(engine, session)
    await session.close()


def gaps_of(engine: Engine, session: Session, every: timedelta = timedelta()) -> CrmGaps:
    database = engine.database
    contacts = MongoContacts(database, PARTITIONS)
    archive = engine.process.archive
    kinds = gap_kinds(CrmRest(session), contacts, archive)
    return CrmGaps(MongoCrmLooks(database), kinds, Intake(archive), every)


def persons(gaps: CrmGaps) -> GapKind:
    (found,) = [each for each in gaps.kinds if each.name == "person"]
    return found


async def looks(gaps: CrmGaps, engine: Engine, times: int = 1) -> None:
    for _ in range(times):
        for kind in gaps.kinds:
            await gaps.turn(kind, NOW)
        await engine.drain()


async def told(engine: Engine, contact: str) -> list[dict[str, Any]]:
    found = engine.database["events"].find({"contact": contact, "source": "crm/changes"})
    return [row async for row in found]


async def test_a_change_that_nobody_told_of_is_found_at_the_second_look_and_told_once(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("21", first_name="Ada")
    await looks(gaps, engine)
    crm.put("Person", 21, updated=LATE, PersonId=21, Firstname="Adele")

    await looks(gaps, engine)
    assert await told(engine, "21") == []
    await looks(gaps, engine, 3)

    assert [row["type"] for row in await told(engine, "21")] == ["contact.updated"]
    assert (await engine.contact("21"))["first_name"] == "Adele"


async def test_what_we_know_already_is_told_by_nobody(engine: Engine, crm: CrmServer, gaps: CrmGaps) -> None:
    await engine.contacts("22", first_name="Ben")
    await looks(gaps, engine)
    crm.put("Person", 22, updated=LATE, PersonId=22, Firstname="Ben")

    await looks(gaps, engine, 3)

    assert await told(engine, "22") == []


async def test_a_person_of_whom_we_never_heard_is_created(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await looks(gaps, engine)
    for key in (23, 24, 25):
        crm.put("Person", key, updated=LATE, PersonId=key, Firstname="New")

    await looks(gaps, engine, 2)

    for key in ("23", "24", "25"):
        assert [row["type"] for row in await told(engine, key)] == ["contact.created"]


async def test_what_was_changed_before_the_first_look_is_no_gap(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    crm.put("Person", 26, updated=EARLY, PersonId=26, Firstname="Old")

    await looks(gaps, engine, 3)

    assert await told(engine, "26") == []


async def test_a_look_that_came_to_nothing_is_taken_again(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await looks(gaps, engine)
    crm.put("Person", 27, updated=LATE, PersonId=27, Firstname="Eve")
    await looks(gaps, engine)
    crm.answers[f"{BASE}/Person/27"].append(Reply(503))

    with pytest.raises(CrmAway):
        await gaps.turn(persons(gaps), NOW)
    await looks(gaps, engine)

    assert len(await told(engine, "27")) == 1


async def test_one_process_looks_at_a_time(engine: Engine, crm: CrmServer, gaps: CrmGaps) -> None:
    session = Session(crm.account)
    slow = gaps_of(engine, session, timedelta(hours=1))
    await slow.turn(persons(slow), NOW)
    asked = len(crm.at(BASE))
    await slow.turn(persons(slow), NOW)
    assert len(crm.at(BASE)) == asked
    assert sum(each.path.startswith(f"{BASE}/Person?") for each in crm.asked) == 1
    await session.close()


SALE = {"Amount": 1200.0, "Heading": "A mill", "Person": {"PersonId": 28}}
TICKET = {"Title": "It squeaks", "Person": {"PersonId": 28}}


@pytest.mark.parametrize(
    ("place", "record", "event", "key"),
    [
        ("Sale", SALE, "sale.created", {"sale": "31"}),
        ("Ticket", TICKET, "request.created", {"request": "31"}),
    ],
)
async def test_a_sale_or_a_request_that_nobody_told_of_is_told_once_and_starts_flows(
    engine: Engine,
    crm: CrmServer,
    gaps: CrmGaps,
    place: str,
    record: dict[str, Any],
    event: str,
    key: dict[str, str],
) -> None:
    flow = event.replace(".", "-")
    await engine.runs(flow, a_flow().triggered_by({"kind": event.replace(".", "_")}).wait("rest", days=9))
    await engine.contacts("28")
    crm.put(place, 30, updated=EARLY, **record)
    await looks(gaps, engine)
    crm.put(place, 31, updated=LATE, **record)

    await looks(gaps, engine, 3)

    (row,) = [each for each in await told(engine, "28") if each["type"] == event]
    assert row["data"] | key == row["data"]
    assert (await engine.passage(flow, "28"))["step"] == "rest"


async def test_a_sale_of_which_the_webhook_told_is_not_told_again_and_one_of_nobody_not_at_all(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("29")
    await looks(gaps, engine)
    crm.put("Sale", 41, updated=LATE, Amount=5, Person={"PersonId": 29})
    crm.put("Sale", 42, updated=LATE, Amount=5, Contact={"ContactId": 5})
    await looks(gaps, engine)
    await engine.happens("sale.created", "29", sale="41", amount=5)

    await looks(gaps, engine, 3)

    assert await told(engine, "29") == []
    found = engine.database["events"].find({"source": "crm/changes", "data.sale": {"$in": ["41", "42"]}})
    assert [row async for row in found] == []


async def of_type(engine: Engine, contact: str, *types: str) -> list[dict[str, Any]]:
    return [row for row in await told(engine, contact) if row["type"] in types]


async def test_a_company_that_was_changed_is_told_once_to_its_contacts(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("61", "62", company={"id": "88", "name": "Mill"})
    await looks(gaps, engine)
    for key, name in ((88, "Mill & Co"), (89, "Nobody's")):
        crm.put("Contact", key, updated=LATE, ContactId=key, Name=name)

    await looks(gaps, engine, 3)

    found = engine.database["events"].find({"type": "company.updated", "source": "crm/changes"})
    assert [row["data"]["company"] async for row in found] == ["88"]
    assert [(await engine.contact(each))["company"]["name"] for each in ("61", "62")] == ["Mill & Co"] * 2


async def test_a_follow_up_that_nobody_told_of_is_told_once_and_a_document_not_at_all(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("63")
    await looks(gaps, engine)
    crm.put("Appointment", 7, updated=LATE, Title="Call", Type="inDiary", Person={"PersonId": 63})
    crm.put("Appointment", 8, updated=LATE, Title="Offer", Type="Document", Person={"PersonId": 63})

    await looks(gaps, engine, 3)

    (row,) = await told(engine, "63")
    assert (row["type"], row["data"]["follow_up"], row["data"]["title"]) == ("follow_up.created", "7", "Call")


async def test_who_joined_a_project_unnoticed_is_added_and_who_is_on_it_is_not_told_again(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("64")
    await engine.contacts("65", projects=["77"])
    crm.put("ProjectMember", 9, PersonId=64, ProjectId=76)
    await looks(gaps, engine)
    for key, person in ((10, 64), (11, 65)):
        crm.put("ProjectMember", key, PersonId=person, ProjectId=77)

    await looks(gaps, engine, 3)

    assert [row["type"] for row in await told(engine, "64")] == ["project.added"]
    assert (await engine.contact("64"))["projects"] == ["77"], (
        "who was on a project before the first look is no gap"
    )
    assert await told(engine, "65") == []


async def test_a_sale_sold_unnoticed_is_told_as_changed_and_as_sold_once(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.runs("bought", a_flow().triggered_by({"kind": "sale_sold"}).wait("rest", days=9))
    await engine.contacts("66")
    await engine.happens("sale.created", "66", sale="51", amount=5, status="open")
    await engine.happens("sale.created", "66", sale="52", amount=5, status="open")
    await engine.happens("sale.sold", "66", sale="52", amount=5, status="sold")
    await looks(gaps, engine)
    for key in (51, 52):
        crm.put("Sale", key, updated=LATE, made=EARLY, Amount=5, Status="Sold", Person={"PersonId": 66})

    await looks(gaps, engine, 3)

    rows = await told(engine, "66")
    assert [(row["type"], row["data"]["sale"]) for row in rows] == [
        ("sale.updated", "51"),
        ("sale.sold", "51"),
    ]


async def test_a_sale_that_was_sold_before_anything_was_told_of_it_is_not_sold_again(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("67")
    sale = {"Status": "Sold", "Person": {"PersonId": 67}}
    crm.put("Sale", 53, updated=EARLY, Heading="A mill", **sale)
    await looks(gaps, engine)
    crm.put("Sale", 53, updated=LATE, Heading="The old mill", **sale)

    await looks(gaps, engine, 3)

    assert [row["type"] for row in await told(engine, "67")] == ["sale.updated"]


async def test_a_request_that_was_changed_and_answered_unnoticed_is_told_so_once(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    await engine.contacts("68")
    await engine.happens("request.created", "68", request="71", title="It squeaks", status="Open")
    await looks(gaps, engine)
    crm.put(
        "Ticket", 71, updated=LATE, made=EARLY, Title="It squeaks", Status="Closed", Person={"PersonId": 68}
    )
    crm.put("TicketMessage", 81, updated=EARLY, ticketId=71)
    crm.put("TicketMessage", 82, updated=LATE, ticketId=71, author="ben")

    await looks(gaps, engine, 3)

    assert [row["type"] for row in await told(engine, "68")] == ["request.updated"]
    found = engine.database["events"].find({"type": "request.message_added", "contact": "68"})
    assert [row["data"]["message"] async for row in found] == ["82"]


async def test_a_look_killed_after_any_page_loses_nothing_and_tells_nothing_twice(
    engine: Engine, crm: CrmServer, gaps: CrmGaps
) -> None:
    keys = range(900, 908)
    await looks(gaps, engine)
    for key in keys:
        crm.put("Person", key, updated=f"2026-03-03T13:00:0{key - 900}", PersonId=key, Firstname="New")
    await looks(gaps, engine)
    asked = len(crm.at(f"{BASE}/Person/900"))

    for key in (903, 906):
        crm.answers[f"{BASE}/Person/{key}"].append(Reply(503))
        with pytest.raises(CrmAway):
            await gaps.turn(persons(gaps), NOW)
    await looks(gaps, engine, 2)

    assert [len(await told(engine, str(key))) for key in keys] == [1] * len(keys)
    assert len(crm.at(f"{BASE}/Person/900")) == asked + 1, "what was dealt with is not asked for again"
