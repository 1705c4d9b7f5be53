"""Acts of flows in a CRM outside: by signed calls, and in the reference CRM."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr
from standardwebhooks import Webhook

from common.runtime.setting_parts import CrmKind, CrmSettings
from tests.integration.services.engine import SECRET, Engine, an_engine
from tests.support.crm_server import ADA, CrmServer
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
