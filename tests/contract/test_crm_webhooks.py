"""The command that has the reference CRM call us, on a real server that follows the CRM's description."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from common.adapters.crm.webhooks import EVENTS
from services.cli import app
from services.command_line.failures import CommandFailed
from tests.support.crm_server import BASE, TOKEN, CrmServer
from tests.support.http_sink import Reply

TARGET = "https://flows.example.org/v1/events/crm"
REGISTER = ("crm", "register-webhook", "--errors-to", "ops@example.org")


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CrmServer]:
    server = CrmServer()
    await server.start()
    account = server.account
    for name, value in {
        "CRM_URL": account.url, "CRM_TOKEN_URL": account.token_url, "CRM_CLIENT_ID": account.client_id,
        "CRM_CLIENT_SECRET": account.client_secret, "CRM_REFRESH_TOKEN": account.refresh_token,
        "CRM_SECRET": "sixteen characters", "PUBLIC_URL": "https://flows.example.org",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"HEADRACE_{name}", value)
    yield server
    await server.stop()


async def says(*arguments: str) -> str:
    """What the command says, or why it can't."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    if isinstance(result.exception, CommandFailed):
        return f"{result.output}{result.exception}"
    assert result.exit_code == 0, result.output
    return result.output


async def test_the_webhook_is_made_once_with_its_secret_and_all_events(server: CrmServer) -> None:
    assert "has no webhook" in await says("crm", "status")
    assert "was made" in await says(*REGISTER)
    assert server.records["Webhook"][1] == {
        "Name": "flows", "Events": list(EVENTS), "TargetUrl": TARGET, "Secret": "sixteen characters",
        "State": "Active", "Type": "webhook", "ErrorsEmail": "ops@example.org",
    }  # fmt: skip
    assert f"webhook flows (1) to {TARGET}: active" in await says("crm", "status")


async def test_one_that_the_crm_closed_is_active_again_and_no_second_one(server: CrmServer) -> None:
    await says(*REGISTER)
    server.records["Webhook"][1] |= {"State": "TooManyErrors", "Events": ["sale.created"]}
    told = await says("crm", "status")
    assert "toomanyerrors" in told and "does not tell person.created" in told

    assert "is active again" in await says(*REGISTER)
    assert list(server.records["Webhook"]) == [1]
    assert server.records["Webhook"][1]["State"] == "Active"


async def test_what_stands_in_the_way_is_told_with_what_to_do(
    server: CrmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[TOKEN].append(Reply(503))
    assert "can't be asked now" in await says("crm", "status")
    server.answers[f"{BASE}/Webhook"].append(Reply(403))
    assert "may manage webhooks" in await says("crm", "status")
    monkeypatch.setenv("HEADRACE_PUBLIC_URL", "http://localhost:8080")
    assert "HEADRACE_PUBLIC_URL" in await says("crm", "status")
    monkeypatch.delenv("HEADRACE_CRM_SECRET")
    assert "HEADRACE_CRM_SECRET is not set" in await says(*REGISTER)
    monkeypatch.delenv("HEADRACE_CRM_URL")
    assert "HEADRACE_CRM_URL is not set" in await says("crm", "status", "--target", TARGET)
