"""The addresses in mails, followed as readers, mail programs and scanners do."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from common.adapters.mail.tokens import Tokens
from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

FLOW = "mailing"
TARGET = "https://shop.example.org/offer?a=1&b=2"
NO_KEY = {"Authorization": ""}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def flow(engine: Engine) -> None:
    await engine.runs(
        FLOW, a_flow().triggered_by({"kind": "manual"}).mailing(subscription_type="news").mail("hello")
    )


async def mailed(engine: Engine, contact: str) -> dict[str, str]:
    """Someone who has just got the mail: the paths of its addresses by their kind, such as `l` for the link."""
    await engine.contacts(contact, subscriptions=["news", "offers"])
    await engine.suggests(FLOW, contact)
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == contact)
    body = mail.get_body(("html",))
    assert body is not None
    found = re.findall(r'(?:href|src)="([^"]+/r/([lfuop])/[^"]+)"', body.get_content())
    return {kind: urlsplit(address).path for address, kind in found}


async def events(engine: Engine, contact: str) -> list[tuple[str, dict[str, object]]]:
    """What the readers' addresses recorded about a contact: type and data, but for the effect's id."""
    await engine.drain()
    rows = engine.database["events"].find({"contact": contact, "source": "reader"})
    found = [(row["type"], row["data"]) async for row in rows.sort("time", 1)]
    for _, data in found:
        del data["effect"]
    return found


def data_of(**given: object) -> dict[str, object]:
    return {**given, "content": "hello", "flow": FLOW, "step": "hello"}


async def follow(engine: Engine, method: str, path: str, **request: object) -> httpx.Response:
    answer = await engine.ask(method, path, headers=NO_KEY, **request)
    assert "Authorization" not in answer.request.headers or not answer.request.headers["Authorization"]
    return answer


async def test_a_click_is_recorded_and_the_reader_sent_on(engine: Engine) -> None:
    paths = await mailed(engine, "clicker")

    answer = await follow(engine, "GET", paths["l"])

    assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)
    assert answer.headers["Cache-Control"] == "no-store"
    assert await events(engine, "clicker") == [("link.clicked", data_of(link="offer"))]


async def test_a_head_request_is_a_machines_and_counted_apart_once(engine: Engine) -> None:
    paths = await mailed(engine, "header")

    for _ in range(2):
        answer = await follow(engine, "HEAD", paths["l"])
        assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)

    assert await events(engine, "header") == [
        ("link.clicked", data_of(link="offer", bot=True, sign="head")),
    ]
    engagement = (await engine.contact("header"))["engagement"]
    assert engagement["scanned"]["count"] == 1
    assert "clicked" not in engagement


async def test_an_opening_is_told_by_a_picture_and_counted_once_for_each_mail(engine: Engine) -> None:
    paths = await mailed(engine, "opener")

    for _ in range(3):
        answer = await follow(engine, "GET", paths["o"])
        assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/gif", "no-store")
        assert answer.content.startswith(b"GIF89a")
        await engine.drain()

    assert await events(engine, "opener") == [("mail.opened", data_of())]
    assert (await engine.contact("opener"))["engagement"]["opened"]["count"] == 1
    effect = await engine.database["effects"].find_one({"contact": "opener"})
    assert effect is not None and (effect["recipient"], effect["opens"]) == ("opened", 2)


async def test_a_click_says_more_than_an_opening_that_comes_later(engine: Engine) -> None:
    paths = await mailed(engine, "quick")

    await follow(engine, "GET", paths["l"])
    await engine.drain()
    await follow(engine, "GET", paths["o"])
    await engine.drain()

    effect = await engine.database["effects"].find_one({"contact": "quick"})
    assert effect is not None and effect["recipient"] == "clicked"


async def test_a_picture_of_no_mail_is_a_picture_still(engine: Engine) -> None:
    answer = await follow(engine, "GET", "/r/o/nonsense")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/gif")


async def test_the_destination_is_that_of_the_content_whatever_the_address_says(engine: Engine) -> None:
    paths = await mailed(engine, "redirected")

    answer = await follow(engine, "GET", paths["l"] + "?url=https://evil.example.com&to=//evil.example.com")

    assert answer.headers["Location"] == TARGET


async def test_no_signed_address_of_one_kind_serves_as_another(engine: Engine) -> None:
    paths = await mailed(engine, "swapper")
    tokens = {kind: path.rsplit("/", 1)[1] for kind, path in paths.items()}

    for kind in "lfu":
        for other in set("lfu") - {kind}:
            assert (await follow(engine, "GET", f"/r/{kind}/{tokens[other]}")).status_code == 404
    assert await events(engine, "swapper") == []


@pytest.mark.parametrize("kind", ["l", "f", "u"])
async def test_a_mutilated_address_is_told_in_a_page_and_changes_nothing(engine: Engine, kind: str) -> None:
    paths = await mailed(engine, f"mutilated-{kind}")
    good = paths[kind]
    at = len(good) // 2

    for bad in (good[:-1], good + "x", good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]):
        for method in ("GET", "POST") if kind != "l" else ("GET",):
            answer = await follow(engine, method, bad)
            assert answer.status_code == 404
            assert "not valid" in answer.text
    assert await events(engine, f"mutilated-{kind}") == []


async def test_a_token_of_ours_for_what_is_not_there_leads_nowhere(engine: Engine) -> None:
    tokens = Tokens(engine.process.settings.signing_secret())
    (effect,) = [row["_id"] async for row in engine.database["effects"].find().limit(1)]

    for path in (
        f"/r/l/{tokens.link('no-effect', 'offer')}",
        f"/r/l/{tokens.link(effect, 'no-link')}",
        f"/r/f/{tokens.form(effect, 'no-form')}",
        f"/r/u/{tokens.unsubscribe('no-effect')}",
    ):
        assert (await follow(engine, "GET", path)).status_code == 404


async def test_a_form_is_shown_and_submitted_from_a_browser(engine: Engine) -> None:
    paths = await mailed(engine, "guest")

    page = await follow(engine, "GET", paths["f"])
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert await events(engine, "guest") == []

    answer = await follow(engine, "POST", paths["f"], data={"seats": "2", "$set": "x", "a.b": "y", "": "z"})

    assert answer.status_code == 200
    fields = {"seats": "2", "_set": "x", "a_b": "y", "_": "z"}
    assert await events(engine, "guest") == [("form.submitted", data_of(form="rsvp", fields=fields))]


async def test_a_form_is_taken_as_json_too(engine: Engine) -> None:
    paths = await mailed(engine, "program")
    body = b'{"seats": 2, "vegan": true, "note": "\\ud800", "none": null}'

    answer = await follow_json(engine, paths["f"], body)

    assert answer.status_code == 200, answer.text
    fields = {"seats": "2", "vegan": "True", "note": "?", "none": ""}
    assert await events(engine, "program") == [("form.submitted", data_of(form="rsvp", fields=fields))]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"a": [1]}', b'{"a":' * 5000 + b"1" + b"}" * 5000])
async def test_a_form_that_is_none_is_refused(engine: Engine, body: bytes) -> None:
    contact = f"misfit-{len(body)}"
    paths = await mailed(engine, contact)

    answer = await follow_json(engine, paths["f"], body)

    assert answer.status_code == 422
    assert await events(engine, contact) == []


async def test_a_form_of_too_many_fields_is_refused(engine: Engine) -> None:
    paths = await mailed(engine, "chatterbox")

    answer = await follow(engine, "POST", paths["f"], data={f"f{n}": "1" for n in range(51)})

    assert answer.status_code == 422


async def test_looking_at_the_unsubscribe_page_changes_nothing(engine: Engine) -> None:
    paths = await mailed(engine, "scanner")

    answer = await follow(engine, "GET", paths["u"])

    assert answer.status_code == 200
    assert await events(engine, "scanner") == []
    assert (await engine.contact("scanner"))["subscriptions"] == ["news", "offers"]


async def test_one_click_unsubscribes_from_the_type_of_the_mail(engine: Engine) -> None:
    paths = await mailed(engine, "leaver")

    answer = await follow(engine, "POST", paths["u"], data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert await events(engine, "leaver") == [
        ("contact.unsubscribed", data_of(subscription_type="news")),
    ]
    stored = await engine.contact("leaver")
    assert stored["subscriptions"] == ["offers"]
    assert "withdrawn_at" not in stored["consents"]["e_marketing"]


async def test_the_header_of_the_mail_carries_the_same_address(engine: Engine) -> None:
    paths = await mailed(engine, "one-click")
    mail = next(m for m in engine.sink.mails if m["To"].addresses[0].username == "one-click")

    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert paths["u"] in mail["List-Unsubscribe"]


async def follow_json(engine: Engine, path: str, body: bytes) -> httpx.Response:
    headers = {**NO_KEY, "Content-Type": "application/json"}
    return await engine.ask("POST", path, content=body, headers=headers)


async def test_each_message_is_listed_with_how_it_fares(engine: Engine) -> None:
    paths = await mailed(engine, "reader")
    assert (await engine.passage(FLOW, "reader"))["message_status"] == "sent"

    await follow(engine, "GET", paths["o"])
    await engine.drain()

    page = await engine.call("GET", "/v1/messages", params={"flow": FLOW, "limit": 1000})
    (message,) = [each for each in page["messages"] if each["contact"] == "reader"]
    assert (message["status"], message["content"], message["step"]) == ("opened", "hello", "hello")
    assert (await engine.passage(FLOW, "reader"))["message_status"] == "opened"


async def preferences(engine: Engine, contact: str) -> str:
    """The address of its preference page, as the page for unsubscribing gives it."""
    paths = await mailed(engine, contact)
    page = await follow(engine, "GET", paths["u"])
    found = re.search(r'href="\.\.(/p/[^"]+)"', page.text)
    assert found is not None
    return f"/r{found[1]}"


async def subscription_types(engine: Engine) -> None:
    for name, words in (("news", "News & more"), ("offers", "Offers"), ("events", "Events")):
        await engine.ask("PUT", f"/v1/subscription-types/{name}", json={"name": words})


async def test_the_preference_page_shows_each_type_as_it_stands_and_changes_nothing(engine: Engine) -> None:
    await subscription_types(engine)
    path = await preferences(engine, "looker")

    page = (await follow(engine, "GET", path)).text

    assert 'value="news" checked> News &amp; more' in page
    assert 'value="offers" checked> Offers' in page
    assert 'value="events"> Events' in page
    assert 'name="e_marketing" value="1" checked>' in page
    assert await events(engine, "looker") == []


async def test_a_contact_switches_its_subscriptions(engine: Engine) -> None:
    await subscription_types(engine)
    path = await preferences(engine, "switcher")
    told = {
        "e_marketing": "1",
        "shown": ["news", "offers", "events", "made-up"],
        "wanted": ["events", "made-up"],
    }

    assert (await follow(engine, "POST", path, data=told)).status_code == 200

    wishes = {"news": False, "offers": False, "events": True}
    assert await events(engine, "switcher") == [
        ("contact.preferences_changed", data_of(subscriptions=wishes, e_marketing=True)),
    ]
    assert (await engine.contact("switcher"))["subscriptions"] == ["events"]


async def test_the_switch_for_marketing_mail_withdraws_consent_and_gives_it_again(engine: Engine) -> None:
    path = await preferences(engine, "wavering")

    await follow(engine, "POST", path, data={})
    await engine.drain()
    off = (await engine.contact("wavering"))["consents"]["e_marketing"]
    await follow(engine, "POST", path, data={"e_marketing": "1"})
    await engine.drain()
    on = (await engine.contact("wavering"))["consents"]["e_marketing"]

    assert off["withdrawn_at"] == await engine.now()
    assert (on.get("withdrawn_at"), on["source"]) == (None, "the contact's own preferences")
    assert (await engine.contact("wavering"))["subscriptions"] == ["news", "offers"]


async def test_subscription_types_are_changed_by_those_who_have_read_them(engine: Engine) -> None:
    path = "/v1/subscription-types/partners"
    made = await engine.ask("PUT", path, json={"name": "Partners"})
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert (await engine.ask("PUT", path, json={"name": "Friends"})).status_code == 428
    changed = await engine.ask("PUT", path, json={"name": "Friends"}, headers={"If-Match": '"1"'})
    assert changed.json()["revision"] == 2
    assert "partners" in [
        each["id"] for each in (await engine.call("GET", "/v1/subscription-types"))["items"]
    ]
    assert (await engine.ask("DELETE", path)).status_code == 204
    assert (await engine.ask("GET", path)).status_code == 404
