"""Machines that follow every link of a mail: told apart from readers, and nobody is moved by them."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio

from common.runtime.settings import ReaderSettings
from tests.integration.services.engine import Engine, an_engine
from tests.support.flows import a_flow
from tests.support.mongod import TestMongod

pytestmark = pytest.mark.mongo

TOGETHER = 1.0
CLICK = {"kind": "link_clicked", "link": "offer"}
HTML = '<a href="{{ links.offer }}">Offer</a> <a href="{{ links.terms }}">Terms</a>'
WANTED = {"kind": "raise_event", "type": "request.wanted"}
LINKS = {
    "offer": {"to": "https://shop.example.org/offer", "actions": [WANTED]},
    "terms": "https://shop.example.org/terms",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    name = f"test_{uuid4().hex[:12]}"
    reader = ReaderSettings(soon=0, together=TOGETHER)
    async with an_engine(mongod.url, name, tmp_path_factory.mktemp("bots"), reader=reader) as started:
        body = {"name": "two", "subject": "two", "html": HTML, "links": LINKS}
        await started.call("PUT", "/v1/contents/two", json=body)
        flow = a_flow().triggered_by({"kind": "manual"}).mail("two").wait_for(CLICK, step_id="act")
        await started.runs("scanned", flow.wait("rest", days=9))
        yield started


async def mailed(engine: Engine, contact: str) -> list[str]:
    """The paths of the two links in the mail that it got."""
    await engine.contacts(contact)
    await engine.suggests("scanned", contact)
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == contact)
    body = mail.get_body(("html",))
    assert body is not None
    return [urlsplit(each).path for each in re.findall(r'href="([^"]+/r/l/[^"]+)"', body.get_content())]


async def follow(engine: Engine, path: str) -> None:
    answer = await engine.ask("GET", path, headers={"Authorization": ""})
    assert answer.status_code == 302


async def clicks(engine: Engine, contact: str, number: int) -> list[dict[str, Any]]:
    """The clicks recorded about it, once there are so many."""
    events = engine.database["events"]
    for _ in range(200):
        if await events.count_documents({"contact": contact, "type": "link.clicked"}) >= number:
            break
        await asyncio.sleep(0.1)
    await engine.drain()
    return [row["data"] async for row in events.find({"contact": contact, "type": "link.clicked"})]


async def test_following_two_links_at_once_moves_nobody(engine: Engine) -> None:
    for path in await mailed(engine, "machine"):
        await follow(engine, path)

    told = await clicks(engine, "machine", 2)

    assert {(each["link"], each["bot"], each["sign"]) for each in told} == {
        ("offer", True, "several_links"),
        ("terms", True, "several_links"),
    }
    assert (await engine.passage("scanned", "machine"))["step"] == "act"
    engagement = (await engine.contact("machine"))["engagement"]
    assert engagement["scanned"]["count"] == 2
    assert "clicked" not in engagement


async def test_a_click_alone_is_held_for_a_moment_and_never_lost(engine: Engine) -> None:
    offer, _ = await mailed(engine, "person")
    await follow(engine, offer)

    (told,) = await clicks(engine, "person", 1)

    assert "bot" not in told
    assert (await engine.passage("scanned", "person"))["step"] == "rest"
    assert (await engine.contact("person"))["engagement"]["clicked"]["count"] == 1


async def test_forgetting_a_contact_forgets_its_visits(engine: Engine) -> None:
    offer, _ = await mailed(engine, "gone")
    await follow(engine, offer)
    await clicks(engine, "gone", 1)

    await engine.call("POST", "/v1/operations/forget", json={"contact": "gone"})

    assert await engine.database["visits"].count_documents({"contact": "gone"}) == 0


async def wanted(engine: Engine, contact: str) -> int:
    """How often what the link is to do was done."""
    await engine.drain()
    events = engine.database["events"]
    return int(await events.count_documents({"contact": contact, "type": "request.wanted"}))


async def test_what_a_link_is_to_do_is_not_done_for_a_machine(engine: Engine) -> None:
    for path in await mailed(engine, "asking"):
        await follow(engine, path)

    await clicks(engine, "asking", 2)

    assert await wanted(engine, "asking") == 0


async def test_a_click_that_is_judged_twice_is_done_once(engine: Engine) -> None:
    """As when a process dies between putting it on the road and noting that."""
    offer, _ = await mailed(engine, "twice")
    await follow(engine, offer)
    visits = engine.database["visits"]
    visit = await visits.find_one({"contact": "twice"})
    assert visit is not None and visit["waits"]
    await clicks(engine, "twice", 1)

    await visits.replace_one({"_id": visit["_id"]}, visit)
    for _ in range(200):
        if not await visits.find_one({"contact": "twice", "waits": True}):
            break
        await asyncio.sleep(0.1)

    assert len(await clicks(engine, "twice", 1)) == 1
    assert await wanted(engine, "twice") == 1
