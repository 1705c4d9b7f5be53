"""The CRM's users are known here by name, address and number, and what somebody has set here stays."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from common.adapters.crm.rest import CrmRest
from common.adapters.crm.session import Session
from common.adapters.mongo.crm_looks import CRM_LOOKS, MongoCrmLooks
from common.adapters.mongo.users import MongoUsers
from services.trigger.crm_users import CrmUsers
from tests.integration.services.engine import Engine
from tests.support.crm_server import BASE, CrmServer

pytestmark = pytest.mark.mongo


@pytest_asyncio.fixture
async def crm() -> AsyncIterator[CrmServer]:
    server = CrmServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def users(engine: Engine, crm: CrmServer) -> AsyncIterator[CrmUsers]:
    for collection in (CRM_LOOKS, "users"):
        await engine.database[collection].delete_many({})
    session = Session(crm.account)
    database = engine.database
    yield CrmUsers(
        MongoCrmLooks(database), CrmRest(session), MongoUsers(database), engine.process.clock, timedelta()
    )
    await session.close()


def put(crm: CrmServer, key: int, **told: Any) -> None:
    row = {"fullName": f"User {key}", "personId": 1000 + key, "personEmail": f"u{key}@example.org"}
    crm.put("User", key, **row | {"isActive": True, "usergroup": "Sales"} | told)


def numbers_asked(crm: CrmServer) -> int:
    return sum(each.path.startswith(f"{BASE}/Person/") for each in crm.asked)


async def known(engine: Engine, user: str) -> dict[str, Any]:
    return dict(await engine.call("GET", f"/v1/users/{user}"))


async def test_users_are_taken_with_their_numbers_and_rooms_and_programs_are_not(
    engine: Engine, crm: CrmServer, users: CrmUsers
) -> None:
    for key in (5, 6, 7):
        put(crm, key)
    put(crm, 8, assocType="ResourceAssociate")
    put(crm, 9, personEmail="none", isActive=False)
    crm.put("Person", 1005, MobilePhones=[{"Value": "+49 151 1"}], OfficePhones=[{"Value": "+49 30 1"}])

    await users.turn()

    found = await known(engine, "5")
    assert (found["name"], found["email"], found["group"]) == ("User 5", "u5@example.org", "Sales")
    assert (found["mobile"], found["phone"], found["available"]) == ("+49 151 1", "+49 30 1", True)
    page = await engine.call("GET", "/v1/users")
    assert [each["id"] for each in page["items"]] == ["5", "6", "7", "9"]
    assert ((await known(engine, "9"))["email"], (await known(engine, "9"))["available"]) == (None, False)


async def test_what_changed_is_taken_what_did_not_is_not_written_and_who_is_away_stays_away(
    engine: Engine, crm: CrmServer, users: CrmUsers
) -> None:
    put(crm, 5)
    put(crm, 6)
    await users.turn()
    away = await known(engine, "6")
    shown = {name: away[name] for name in ("name", "email", "mobile", "phone", "title", "group")}
    await engine.call(
        "PUT", "/v1/users/6", json=shown | {"available": False}, headers={"If-Match": f'"{away["revision"]}"'}
    )
    asked = numbers_asked(crm)

    put(crm, 5, fullName="Ada Neil")
    await users.turn()
    before = await known(engine, "5")
    await users.turn()

    assert (before["name"], (await known(engine, "5"))["revision"]) == ("Ada Neil", before["revision"])
    assert (await known(engine, "6"))["available"] is False
    assert numbers_asked(crm) == asked == 2, "numbers are asked for once a day"
