"""Pages without a key are answered under names of this machine alone: no other can be made to lead here."""

import asyncio
import os
import signal
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from pydantic import SecretStr

from common.runtime.keys import KeyRing
from common.runtime.serve import App, PortTaken, api, listen, serve
from common.runtime.setting_parts import CrmSettings
from common.runtime.settings import Environment, Settings, SmtpSettings
from tests.unit.runtime.test_serve import NoKeys

PUBLIC = "http://flows.example.org:8443/marketing"
EMBEDDED = Settings(public_url=PUBLIC, port=0)


def app() -> App:
    routes = APIRouter()

    @routes.get("/mailbox")
    @routes.get("/v1/flows")
    @routes.post("/v1/events/crm")
    @routes.get("/r/form/{form}")
    async def shown(form: str = "") -> str:
        return "shown"

    return App(name="test", routers=[routes], keys=KeyRing(NoKeys()))  # type: ignore[arg-type]


async def ask(
    host: str | None, path: str = "/mailbox", settings: Settings = EMBEDDED, method: str = "GET"
) -> Any:
    transport = httpx.ASGITransport(api(app(), settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://10.1.2.3") as http:
        request = http.build_request(method, path)
        request.headers.pop("host")
        if host is not None:
            request.headers["Host"] = host
        return await http.send(request)


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:8080", "LocalHost:8080", "localhost.", "127.0.0.1", "127.0.0.1:8080", "127.8.9.1:1",
        "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]:80", "flows.example.org", "FLOWS.example.org:8443",
        "flows.example.org:1", "10.1.2.3", "10.1.2.3:8080", None,
    ],
)  # fmt: skip
async def test_names_of_this_machine_and_of_the_public_address_are_answered(host: str | None) -> None:
    assert (await ask(host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8080", "localhost.evil.example", "evil-localhost",
        "flows.example.org.evil.example",
        "127.0.0.1.evil.example", "10.1.2.4", "[::2]:8080", "[fe80::1]", "192.168.0.1:8080", "0.0.0.0", "", ":8080",
        "localhost@evil.example", "evil.example@localhost", "localhost:8080@evil.example", "localhost/evil.example",
        "[::1", "::1", "[localhost]", "localhost:80x", "[::1].evil.example", "evil.example\\localhost", "..",
    ],
)  # fmt: skip
async def test_any_other_name_is_refused_as_a_problem(host: str) -> None:
    answer = await ask(host.encode().decode("latin-1"))
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.json()["type"] == "urn:headrace:problem:other-name"
    assert "HEADRACE_PUBLIC_URL" in answer.json()["detail"]


async def test_of_two_names_both_have_to_be_ours() -> None:
    transport = httpx.ASGITransport(api(app(), EMBEDDED))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        both = [("Host", "localhost"), ("Host", "evil.example")]
        assert (await http.get("/mailbox", headers=both)).status_code == 421


async def test_a_public_address_with_letters_beyond_ascii_is_known_as_browsers_send_it() -> None:
    settings = Settings(public_url="https://mühle.example")
    assert (await ask("xn--mhle-0ra.example", settings=settings)).status_code == 200
    assert (await ask("xn--mhle-1ra.example", settings=settings)).status_code == 421


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/docs", "/livez", "/readyz", "/metrics", "/nowhere", "/v1"]
)
async def test_whatever_asks_for_no_key_is_refused(path: str) -> None:
    assert (await ask("evil.example", path)).status_code == 421


@pytest.mark.parametrize("path", ["/v1/flows", "/r/form/x"])
async def test_what_asks_for_a_key_and_what_is_for_everybody_has_any_name(path: str) -> None:
    assert (await ask("a-proxy:8080", path)).status_code == 200


async def test_unsigned_events_of_the_crm_come_to_a_name_of_ours() -> None:
    unsigned = Settings(crm=CrmSettings(unsigned=True))
    signed = Settings(crm=CrmSettings(secret=SecretStr("a secret of the CRM's")))
    for settings, status in ((unsigned, 421), (signed, 200)):
        answer = await ask("evil.example", "/v1/events/crm", settings, "POST")
        assert answer.status_code == status


async def test_production_stands_behind_names_of_the_operator_s() -> None:
    settings = Settings(
        environment=Environment.PRODUCTION,
        public_url=PUBLIC,
        mongodb_url=SecretStr("mongodb://localhost"),
        secret=SecretStr("s" * 32),
        smtp=SmtpSettings(url=SecretStr("smtp://localhost")),
    )
    for path in ("/mailbox", "/metrics", "/livez"):
        assert (await ask("executor:8080", path, settings)).status_code == 200


@pytest.mark.parametrize(("listens", "open_at"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
async def test_a_real_server_knows_where_it_is(listens: str, open_at: str) -> None:
    try:
        listen(listens, 0).close()
    except PortTaken:
        pytest.skip(f"nothing can listen on {listens} here")
    ports: asyncio.Queue[int] = asyncio.Queue()
    answers: list[int] = []

    async def client() -> None:
        port = await ports.get()
        async with httpx.AsyncClient(base_url=f"http://{open_at}:{port}") as http:
            for name in (open_at, "localhost", "evil.example"):
                answer = await http.get("/mailbox", headers={"Host": f"{name}:{port}"})
                answers.append(answer.status_code)
        os.kill(os.getpid(), signal.SIGTERM)

    await asyncio.gather(serve(app(), Settings(port=0, host=listens), ports.put_nowait), client())
    assert answers == [200, 200, 421]
