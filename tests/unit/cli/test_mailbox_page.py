"""The mailbox's page: what came is shown, and nothing in it gets loose."""

import smtplib
from asyncio import to_thread
from collections.abc import AsyncIterator
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest_asyncio
from fastapi import FastAPI

from common.adapters.mail.mailbox import Mailbox
from common.adapters.sms.sink import KeptText, SmsSink
from common.runtime import problems
from services.command_line import mailbox_page, phone_page
from tests.support.pages import Loads, elsewhere, let_in

HOSTILE = '<p>Hi</p></iframe><script>alert(1)</script>" onload="alert(2)'


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class Inbox:
    """A mailbox, its page, and a way to write to it."""

    def __init__(self, port: int, http: httpx.AsyncClient) -> None:
        self._port = port
        self.http = http

    async def receive(self, subject: str, html: str, text: str = "Hi") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            "shop@example.org",
            "contact-1@example.org",
            subject,
        )
        message.set_content(text)
        message.add_alternative(html, subtype="html")

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", self._port) as server:
                server.send_message(message)

        await to_thread(send)


@pytest_asyncio.fixture
async def inbox() -> AsyncIterator[Inbox]:
    mailbox, phone, face = Mailbox(), SmsSink(), FastAPI()
    phone.take(KeptText(id="1", to="+4930", sender="", text=HOSTILE, segments=1))
    problems.install(face)
    face.include_router(mailbox_page.front_router())
    face.include_router(mailbox_page.router(mailbox))
    face.include_router(phone_page.router(phone, "token"))
    port = await mailbox.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(face), base_url="http://test") as http:
        yield Inbox(port, http)
    await mailbox.stop()


async def test_an_empty_mailbox_says_so_and_looks_again(inbox: Inbox) -> None:
    page = (await inbox.http.get("/mailbox")).text
    assert "No mail yet" in page
    assert 'http-equiv="refresh"' in page


async def test_the_bare_address_leads_to_the_mailbox(inbox: Inbox) -> None:
    assert (await inbox.http.get("/")).headers["location"] == "/mailbox"


async def test_mails_are_listed_newest_first_and_open_by_their_number(inbox: Inbox) -> None:
    await inbox.receive("First", "<p>1</p>")
    await inbox.receive("Second & last", "<p>2</p>", text="the text of it")
    page = (await inbox.http.get("/mailbox")).text
    assert "2 mails" in page
    assert page.index("Second &amp; last") < page.index("First")
    mail = (await inbox.http.get("/mailbox/2")).text
    assert "the text of it" in mail
    assert "http-equiv" not in mail, "who reads a mail is not interrupted"


async def test_the_list_can_be_held_still(inbox: Inbox) -> None:
    assert "/mailbox?still=true" in (await inbox.http.get("/mailbox")).text
    page = (await inbox.http.get("/mailbox?still=true")).text
    assert "http-equiv" not in page
    assert 'href="/mailbox"' in page


async def test_the_keyboard_comes_to_each_mail_once(inbox: Inbox) -> None:
    await inbox.receive("First", "<p>1</p>")
    tags = Tags((await inbox.http.get("/mailbox")).text).found
    links = [given for tag, given in tags if tag == "a" and given["href"] == "/mailbox/1"]
    assert len(links) == 3
    assert sum("tabindex" not in each for each in links) == 1


async def test_a_mail_that_is_not_there_is_not_found(inbox: Inbox) -> None:
    answer = await inbox.http.get("/mailbox/9")
    assert answer.status_code == 404
    assert 'href="/mailbox"' in answer.text


async def test_a_hostile_mail_stays_in_its_frame(inbox: Inbox) -> None:
    await inbox.receive("</title><script>alert(0)</script>", HOSTILE, text="</pre><script>alert(3)</script>")
    for path in ("/mailbox", "/mailbox/1"):
        answer = await inbox.http.get(path)
        tags = Tags(answer.text).found
        assert "script" not in [tag for tag, _ in tags]
        assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]


async def test_the_frame_shows_the_mail_as_sent_and_runs_nothing(inbox: Inbox) -> None:
    await inbox.receive("Hi", HOSTILE)
    frames = [
        given for tag, given in Tags((await inbox.http.get("/mailbox/1")).text).found if tag == "iframe"
    ]
    assert HOSTILE in unescape(frames[0]["srcdoc"] or "")
    assert "allow-scripts" not in (frames[0]["sandbox"] or "")
    assert "allow-same-origin" not in (frames[0]["sandbox"] or "")


async def test_no_page_loads_more_than_pictures_of_mails(inbox: Inbox) -> None:
    await inbox.receive("Hi", HOSTILE)
    for path in ("/mailbox", "/mailbox/1", "/phone"):
        page = await inbox.http.get(path)
        assert page.status_code == 200
        assert (elsewhere(page.text), Loads(page.text).inline_scripts) == ([], 0)
        assert let_in(page.headers["content-security-policy"], but=frozenset({"img-src"})) == []
