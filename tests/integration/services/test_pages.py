"""No page of ours runs, loads or sends to anything elsewhere, nor would its policy let it."""

import re
from email.message import EmailMessage

import httpx
import pytest_asyncio

from common.runtime import api_viewer
from tests.integration.services.engine import Engine
from tests.integration.services.test_doors import routes
from tests.support.flows import a_flow
from tests.support.pages import Loads, elsewhere, let_in

NO_KEY = {"Authorization": ""}
PICTURES = frozenset({"img-src"})
"""Forms show those of their authors; they do nothing."""
ELEMENTS = [
    {"kind": "contact_field", "id": "email", "label": "E-mail", "field": "email"},
    {"kind": "captcha", "id": "proof", "seconds": 0},
]
FORM = {"name": "A form", "pages": [{"elements": ELEMENTS}]}


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


async def tokens(engine: Engine) -> dict[str, str]:
    """The paths in a mail, by the letter of their kind."""
    flow = a_flow().triggered_by({"kind": "manual"}).mailing(subscription_type="news").mail("hello")
    await engine.runs("pages", flow)
    await engine.contacts("reader", subscriptions=["news"])
    await engine.suggests("pages", "reader")
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == "reader")
    found = {kind: path for path, kind in re.findall(r'"[^"]+?(/r/([fu])/[^"]+)"', html_of(mail))}
    choice = re.search(r'"\.\.(/p/[^"]+)"', (await engine.ask("GET", found["u"])).text)
    assert choice
    return found | {"p": f"/r{choice[1]}"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pages(engine: Engine) -> dict[str, httpx.Response]:
    """Whatever is answered with HTML, by method and path. No page asks for a key: browsers have none."""
    await engine.call("PUT", "/v1/forms/a-form", json=FORM)
    paths = {re.sub(r"{\w+}", "x", path) for method, path in routes(engine.face) if method == "GET"}
    asked = [("GET", path) for path in sorted(paths)]
    for path in ("/r/form/a-form", *(await tokens(engine)).values()):
        asked += [("GET", path), ("POST", path)]
    answers = {f"{method} {path}": await engine.ask(method, path, headers=NO_KEY) for method, path in asked}
    return {name: answer for name, answer in answers.items() if is_page(answer)}


def is_page(answer: httpx.Response) -> bool:
    return "html" in answer.headers.get("content-type", "")


async def test_no_page_of_a_service_runs_or_loads_anything_from_elsewhere(
    pages: dict[str, httpx.Response],
) -> None:
    kinds = {name.split("/")[2] for name in pages if "/r/" in name}
    assert kinds == {"f", "form", "l", "p", "u"}
    assert "GET /docs" in pages
    for name, page in pages.items():
        assert elsewhere(page.text) == [], name
        assert Loads(page.text).inline_scripts == 0, name
        assert let_in(page.headers["content-security-policy"], but=PICTURES) == [], name


async def test_the_viewer_of_the_api_is_served_from_here_and_may_speak_to_us_alone(engine: Engine) -> None:
    page = await engine.ask("GET", "/docs")
    loaded = {
        address: await engine.ask("GET", address) for address in Loads(page.text).found if address[0] == "/"
    }
    assert {answer.headers["content-type"].split(";")[0] for answer in loaded.values()} == {
        "text/css", "text/javascript",
    }  # fmt: skip
    assert not re.findall(r"""url\((?!["']?data:)|@import""", loaded["/docs/viewer.css"].text)
    assert "SwaggerUIBundle" in loaded["/docs/viewer.js"].text
    assert "validatorUrl: null" in api_viewer.START
    policy = page.headers["content-security-policy"]
    assert let_in(policy) == []
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
