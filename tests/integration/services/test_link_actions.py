"""Links of a mail that do something when a person follows them, over HTTP and down the road."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

FLOW = "acting"
CONTENT = "acting"
LINKS: dict[str, Any] = {
    "yes": {
        "to": "https://shop.example.org/yes",
        "actions": [
            {"kind": "set_field", "field": "category", "value": "Lead"},
            {"kind": "add_interest", "interest": "Mills"},
            {"kind": "remove_interest", "interest": "Wind"},
            {"kind": "add_to_selection", "selection": "done"},
            {"kind": "remove_from_selection", "selection": "staff"},
            {"kind": "add_to_project", "project": "fair"},
            {"kind": "remove_from_project", "project": "old"},
            {"kind": "raise_event", "type": "request.wanted", "data": {"title": "Call"}},
        ],
    },
    "note": {
        "title": "Noted <b>",
        "text": "We keep it.\n\n<script>alert(1)</script>",
        "actions": [{"kind": "set_field", "field": "custom.noted", "value": True}],
    },
    "call": {
        "to": "https://shop.example.org/call",
        "actions": [
            {"kind": "create_request", "subject": "Call {{ contact.first_name }} about {{ event.link }}"},
            {"kind": "create_request", "subject": "Clicked", "each_time": True},
            {"kind": "create_follow_up", "subject": "Call back", "days": 2},
        ],
    },
    "plain": "https://shop.example.org/",
}
NO_KEY = {"Authorization": ""}


def body(links: dict[str, Any]) -> dict[str, Any]:
    html = "".join(f'<a href="{{{{ links.{name} }}}}">{name}</a>' for name in links)
    return {"name": CONTENT, "subject": CONTENT, "html": html, "links": links}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def flow(engine: Engine) -> None:
    for project in ("fair", "old"):
        await engine.call("PUT", f"/v1/projects/{project}", json={"name": project})
    await engine.call("PUT", f"/v1/contents/{CONTENT}", json=body(LINKS))
    await engine.runs(FLOW, a_flow().triggered_by({"kind": "manual"}).mailing().mail(CONTENT))
    joined = {"kind": "added_to_selection", "selection": "done"}
    await engine.runs("follows", a_flow().triggered_by(joined).wait(days=1))
    clicked = {"kind": "link_clicked", "link": "yes"}
    lead = {"type": "text", "field": "contact.category", "op": "is", "value": "Lead"}
    await engine.runs("sees", a_flow().triggered_by(clicked).filtered(lead).wait(days=1))


async def mailed(engine: Engine, contact: str, flow: str = FLOW, **fields: Any) -> dict[str, str]:
    """The paths of the links in the mail that this contact has just got, by what they say."""
    await engine.contacts(contact, **fields)
    await engine.suggests(flow, contact)
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == contact)
    part = mail.get_body(("html",))
    assert part is not None
    found = re.findall(r'href="([^"]+/r/l/[^"]+)">(\w+)<', part.get_content())
    return {name: urlsplit(address).path for address, name in found}


async def follow(engine: Engine, path: str, method: str = "GET") -> httpx.Response:
    answer = await engine.ask(method, path, headers=NO_KEY)
    await engine.drain()
    return answer


async def types(engine: Engine, contact: str) -> list[str]:
    rows = engine.database["events"].find({"contact": contact, "source": "reader"})
    return [row["type"] async for row in rows]


async def test_a_click_does_what_its_link_says_and_other_flows_hear_of_all_of_it(engine: Engine) -> None:
    paths = await mailed(engine, "doer", interests=["Wind"], selections=["staff"], projects=["old"])

    answer = await follow(engine, paths["yes"])

    assert (answer.status_code, answer.headers["Location"]) == (302, LINKS["yes"]["to"])
    contact = await engine.contact("doer")
    assert (contact["category"], contact["interests"]) == ("Lead", ["Mills"])
    assert (contact["selections"], contact["projects"]) == (["done"], ["fair"])
    assert (await engine.passage("follows", "doer"))["status"] == "active"
    assert (await engine.passage("sees", "doer"))["status"] == "active"
    events = engine.database["events"]
    wanted = await events.find_one({"contact": "doer", "type": "request.wanted"})
    assert wanted is not None
    assert (wanted["data"]["title"], wanted["data"]["link"]) == ("Call", "yes")


async def test_what_a_click_wants_of_the_crm_is_done_by_no_flow_and_heard_by_all(engine: Engine) -> None:
    requested = {"kind": "request_created"}
    await engine.runs("asked", a_flow().triggered_by(requested).wait(days=1))
    await engine.runs("calling", a_flow().triggered_by({"kind": "manual"}).mailing().mail(CONTENT))
    paths = await mailed(engine, "caller", "calling", first_name="Ada")
    await engine.act("calling", "end")

    for _ in range(2):
        await follow(engine, paths["call"])

    made = (await engine.call("GET", "/v1/requests", params={"contact": "caller"}))["items"]
    assert sorted(each["title"] for each in made) == ["Call Ada about call", "Clicked", "Clicked"]
    (task,) = (await engine.call("GET", "/v1/follow-ups", params={"contact": "caller"}))["items"]
    assert task["title"] == "Call back"
    assert (await engine.passage("asked", "caller"))["status"] == "active"
    await engine.act("asked", "end")


async def test_a_text_to_show_is_a_page_that_runs_nothing(engine: Engine) -> None:
    paths = await mailed(engine, "reads")

    answer = await follow(engine, paths["note"])

    assert answer.status_code == 200
    assert "<h1>Noted &lt;b&gt;</h1><p>We keep it.</p><p>&lt;script&gt;" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (await engine.contact("reads"))["custom"] == {"noted": True}


async def test_a_machine_that_follows_the_link_does_nothing_by_it(engine: Engine) -> None:
    paths = await mailed(engine, "scanned")

    assert (await follow(engine, paths["yes"], "HEAD")).status_code == 302

    assert await types(engine, "scanned") == ["link.clicked"]
    assert not (await engine.contact("scanned")).get("category")
    assert await engine.passages("follows", "scanned") == []


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"kind": "add_to_selection", "selection": "nobody"}, "#/links/bad/actions/0/selection"),
        ({"kind": "set_field", "field": "consents", "value": "x"}, "#/links/bad/actions/0/field"),
        ({"kind": "create_request", "subject": "{{ nobody }}"}, "#/links/bad/actions/0/subject"),
        ({"kind": "response_mail", "subject": "x", "text": "y"}, "#/links/bad/actions/0"),
    ],
)
async def test_an_action_that_can_t_be_done_is_refused_with_its_place(
    engine: Engine, action: dict[str, Any], pointer: str
) -> None:
    links = {"bad": {"to": "https://example.org", "actions": [action]}}

    answer = await engine.ask("PUT", "/v1/contents/bad", json=body(links))

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
