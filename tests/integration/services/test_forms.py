"""Forms in public, as browsers, other sites and programs send them; and the queue of those that wait."""

import asyncio
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest_asyncio

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

NO_KEY = {"Authorization": ""}
EMAIL = {"kind": "contact_field", "id": "email", "label": "E-mail", "field": "email", "required": True}
FIRST = {"kind": "contact_field", "id": "first", "label": "First name", "field": "first_name"}
NEWS = {"kind": "subscription", "id": "news", "type": "news", "label": "News"}
AGREE = {
    "kind": "consent",
    "id": "agree",
    "label": "You may write to me",
    "privacy_statement": "https://example.org/privacy",
}
TOPIC = {
    "kind": "radio",
    "id": "topic",
    "label": "Topic",
    "options": [{"value": "a", "label": "Apples"}, {"value": "b", "label": "Pears"}],
}
SENDER = {"name": "Shop", "address": "shop@example.org"}


def a_form(*elements: dict[str, Any], **settings: Any) -> dict[str, Any]:
    pages = [{"elements": list(elements) or [EMAIL, FIRST, NEWS, AGREE, TOPIC]}]
    return {"name": "A form", "pages": pages, "processing": "automatic", **settings}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def people(engine: Engine) -> None:
    await engine.contacts("ann", first_name="Ann", company={"id": "c1", "name": "Acme"})
    await engine.contacts("twin-1", "twin-2", email="twins@example.org")


async def saved(engine: Engine, name: str, form: dict[str, Any]) -> str:
    """The path of the form's page."""
    await engine.call("PUT", f"/v1/forms/{name}", json=form)
    return f"/r/form/{name}"


async def public(engine: Engine, method: str, path: str, **request: Any) -> httpx.Response:
    headers = {**NO_KEY, **request.pop("headers", {})}
    return await engine.ask(method, path, headers=headers, **request)


async def send(engine: Engine, path: str, **answers: Any) -> httpx.Response:
    """As a program does."""
    return await public(engine, "POST", path, json=answers)


async def submissions(engine: Engine, form: str, **query: str) -> list[dict[str, Any]]:
    found = await engine.call("GET", "/v1/submissions", params={"form": form, **query})
    return list(found["items"])


async def events(engine: Engine, contact: str) -> list[tuple[str, dict[str, Any]]]:
    await engine.drain()
    rows = engine.database["events"].find({"contact": contact, "source": "form"})
    return [(row["type"], row["data"]) async for row in rows.sort("time", 1)]


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {unescape(name): unescape(value) for name, value in found}


def solved(page: str) -> str:
    first, second = re.findall(r"What is (\d+) plus (\d+)\?", page)[0]
    return str(int(first) + int(second))


async def test_the_hosted_page_has_a_label_for_each_field_and_runs_no_scripts(engine: Engine) -> None:
    path = await saved(engine, "labels", a_form(title='<b>"Hi" & welcome'))

    page = await public(engine, "GET", path)

    assert page.status_code == 200
    assert set(re.findall(r'<label for="([^"]+)"', page.text)) == {"email", "first"}
    assert page.text.count("<legend>") == 1
    assert "<script" not in page.text
    assert "&lt;b&gt;&quot;Hi&quot; &amp; welcome" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert (await public(engine, "GET", "/r/form/no-such")).status_code == 404


async def test_an_automatic_form_creates_whoever_is_unknown_with_consent_and_subscription(
    engine: Engine,
) -> None:
    settings = {
        "actions": [
            {"kind": "add_to_selection", "selection": "done"},
            {"kind": "add_interest", "interest": "fruit"},
            {"kind": "add_to_project", "project": "fair"},
            {"kind": "raise_event", "type": "request.wanted", "data": {"title": "Call back"}},
        ],
        "new_people": {"category": "Lead"},
    }
    await engine.call("PUT", "/v1/projects/fair", json={"name": "Fair"})
    path = await saved(engine, "sign-up", a_form(**settings))
    await engine.runs(
        "hears-form", a_flow().triggered_by({"kind": "form_submitted", "form": "sign-up"}).wait(days=1)
    )

    page = await public(engine, "GET", path)
    answers = {**fields_of(page.text), "email": "New@Example.org", "first": "Nina", "news": "on"}
    sent = await public(engine, "POST", path, data={**answers, "agree": "on", "topic": "b"})

    assert sent.status_code == 200, sent.text
    assert "Thank you" in sent.text
    (submission,) = await submissions(engine, "sign-up")
    assert submission["state"] == "processed"
    who = submission["contact"]
    told = await events(engine, who)
    assert [kind for kind, _ in told] == [
        "contact.created",
        "selection.added",
        "project.added",
        "request.wanted",
        "form.submitted",
    ]
    assert told[-1][1]["fields"] == {
        "email": "New@example.org", "first": "Nina", "news": True, "agree": True, "topic": "b",
    }  # fmt: skip
    contact = await engine.contact(who)
    assert contact["first_name"] == "Nina"
    assert (contact["subscriptions"], contact["interests"]) == (["news"], ["fruit"])
    assert (contact["selections"], contact["projects"], contact["category"]) == (["done"], ["fair"], "Lead")
    consent = contact["consents"]["e_marketing"]
    assert (consent["basis"], consent["source"]) == ("consent", "form sign-up")
    assert consent["at"] is not None
    assert len(await engine.passages("hears-form", who)) == 1


async def test_who_is_known_by_the_address_is_changed_and_keeps_what_was_not_asked(engine: Engine) -> None:
    path = await saved(engine, "known", a_form(use_existing_company=True))

    sent = await send(engine, path, email="ANN@example.org", first="Anna", news=True)

    assert sent.json() == {
        "outcome": "received", "title": "Thank you", "text": "We have received it.", "redirect": None,
    }  # fmt: skip
    assert sent.headers["Access-Control-Allow-Origin"] == "*"
    assert [kind for kind, _ in await events(engine, "ann")] == ["contact.updated", "form.submitted"]
    contact = await engine.contact("ann")
    assert (contact["first_name"], contact["company"]["id"]) == ("Anna", "c1")
    assert "withdrawn_at" not in contact["consents"]["e_marketing"]


async def test_two_forms_at_once_make_one_contact_and_lose_neither_answer(engine: Engine) -> None:
    one = await saved(engine, "race-1", a_form(EMAIL, FIRST))
    other = await saved(engine, "race-2", a_form(EMAIL, NEWS))

    sent = await asyncio.gather(
        send(engine, one, email="race@example.org", first="Rae"),
        send(engine, other, email="Race@Example.org", news=True),
    )

    assert [answer.status_code for answer in sent] == [200, 200]
    (first,), (second,) = await submissions(engine, "race-1"), await submissions(engine, "race-2")
    assert first["contact"] == second["contact"]
    kinds = [kind for kind, _ in await events(engine, first["contact"])]
    assert sorted(kinds) == ["contact.created", "contact.updated", "form.submitted", "form.submitted"]
    contact = await engine.contact(first["contact"])
    assert (contact["first_name"], contact["subscriptions"]) == ("Rae", ["news"])


async def test_the_same_page_sent_twice_is_one_submission(engine: Engine) -> None:
    path = await saved(engine, "twice", a_form(EMAIL))
    data = {**fields_of((await public(engine, "GET", path)).text), "email": "twice@example.org"}

    assert (await public(engine, "POST", path, data=data)).status_code == 200
    assert (await public(engine, "POST", path, data=data)).status_code == 200

    assert len(await submissions(engine, "twice")) == 1


async def test_whoever_shares_an_address_is_not_guessed(engine: Engine) -> None:
    path = await saved(engine, "shared", a_form(EMAIL))

    await send(engine, path, email="twins@example.org")

    (submission,) = await submissions(engine, "shared", state="waiting")
    shown = await engine.call("GET", f"/v1/submissions/{submission['id']}")
    assert [each["id"] for each in shown["suggested"]] == ["twin-1", "twin-2"]
    assert await events(engine, "twin-1") == []


async def test_unknown_people_wait_for_somebody_who_changes_and_creates_them(engine: Engine) -> None:
    path = await saved(engine, "unknown", a_form(processing="manual_when_unknown"))
    await send(engine, path, email="ann@example.org")
    await send(engine, path, email="someone@example.org", first="Somone")

    (waiting,) = await submissions(engine, "unknown", state="waiting")
    here = f"/v1/submissions/{waiting['id']}"
    tag = (await engine.ask("GET", here)).headers["ETag"]
    bare = await engine.ask("POST", f"{here}/process", json={}, headers={"If-Match": tag})
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "#/contact")
    body = {"answers": {"first": "Someone", "topic": "a"}}
    changed = await engine.ask("PATCH", here, json=body, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    stale = await engine.ask("POST", f"{here}/process", json={"create": True}, headers={"If-Match": tag})
    assert stale.status_code == 412
    headers = {"If-Match": changed.headers["ETag"]}
    done = await engine.call("POST", f"{here}/process", json={"create": True}, headers=headers)

    assert (done["state"], done["processed_by"]) == ("processed", "key first key")
    assert [kind for kind, _ in await events(engine, done["contact"])] == [
        "contact.created",
        "form.submitted",
    ]
    assert (await engine.contact(done["contact"]))["first_name"] == "Someone"
    assert await submissions(engine, "unknown", state="waiting") == []


async def test_another_contact_is_sought_by_name_address_company_or_id(engine: Engine) -> None:
    people = {"sought-1": ("Åsa", "Öberg", "Kvarn & Co"), "sought-2": ("Asa Maria", "Obermann", "Mill (Ltd.")}
    for contact, (first, last, company) in people.items():
        await engine.contacts(
            contact, first_name=first, last_name=last, company={"id": company, "name": company}
        )
    path = await saved(engine, "seeking", a_form(processing="manual"))
    await send(engine, path, email="nobody.knows@example.org")
    (waiting,) = await submissions(engine, "seeking", state="waiting")
    here = f"/v1/submissions/{waiting['id']}/contacts"

    async def sought(text: str) -> list[str]:
        found = await engine.call("GET", here, params={"search": text})
        return [each["id"] for each in found["items"]]

    assert await sought("ober") == ["sought-1", "sought-2"]
    assert await sought("asa öbe") == await sought(" OBER ") == ["sought-1", "sought-2"]
    assert (
        await sought("asa maria ober")
        == await sought("mill (")
        == await sought("sought-2@ex")
        == ["sought-2"]
    )
    assert await sought("sought-1") == ["sought-1"]
    assert await sought(".*") == await sought("$where") == []
    assert (await engine.ask("GET", here, params={"search": " "})).status_code == 422
    plan = (
        await engine.database["contacts"]
        .find({"columns.folded.last_name": {"$regex": "^o", "$gt": ""}})
        .explain()
    )
    assert "contacts_by_name" in str(plan["queryPlanner"]["winningPlan"])


async def test_an_always_manual_form_suggests_and_lets_choose_and_discard(engine: Engine) -> None:
    path = await saved(engine, "manual", a_form(processing="manual"))
    await send(engine, path, email="ann@example.org", topic="a")
    await send(engine, path, email="spam@example.org")

    waiting = await submissions(engine, "manual", state="waiting")
    mine, spam = sorted(waiting, key=lambda each: each["address"])
    assert (mine["contact"], spam["contact"]) == ("ann", None)
    here = f"/v1/submissions/{mine['id']}"
    bad = await engine.ask("POST", f"{here}/process", json={"contact": "x"}, headers={"If-Match": '"1"'})
    assert bad.status_code == 422
    await engine.call("POST", f"{here}/process", json={"contact": "twin-1"}, headers={"If-Match": '"1"'})
    await engine.call("POST", f"/v1/submissions/{spam['id']}/discard", headers={"If-Match": '"1"'})

    kinds = [kind for kind, data in await events(engine, "twin-1") if data.get("form", "manual") == "manual"]
    assert kinds == ["contact.updated", "form.submitted"]
    states = {each["id"]: each["state"] for each in await submissions(engine, "manual")}
    assert states == {mine["id"]: "processed", spam["id"]: "discarded"}
    again = await engine.ask("POST", f"{here}/process", json={}, headers={"If-Match": '"2"'})
    assert again.status_code == 409


async def confirmation(engine: Engine, address: str) -> str:
    """The path in the confirmation mail."""
    await engine.drain()
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].addr_spec == address)
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"http\S+/r/c/\S+", body.get_content())
    assert found is not None
    return urlsplit(found[0]).path


async def test_a_double_opt_in_counts_when_it_is_confirmed_and_not_when_it_is_looked_at(
    engine: Engine,
) -> None:
    response = {
        "kind": "response_mail",
        "subject": "Hi {{ contact.first_name }}",
        "text": "{{ fields.topic }}!",
    }
    settings = {"double_opt_in": {}, "sender": SENDER, "actions": [response]}
    path = await saved(engine, "opt-in", a_form(**settings))

    sent = await send(engine, path, email="careful@example.org", first="Cara", topic="b", agree=True)
    assert sent.json()["outcome"] == "awaiting_confirmation"
    link = await confirmation(engine, "careful@example.org")
    assert (await public(engine, "GET", link)).status_code == 200
    (waits,) = await submissions(engine, "opt-in")
    assert waits["state"] == "awaiting_confirmation"
    await engine.pass_(minutes=29)

    assert (await public(engine, "POST", link)).status_code == 200
    assert (await public(engine, "POST", link)).status_code == 200

    (done,) = await submissions(engine, "opt-in")
    assert (done["state"], done["processed_by"]) == ("processed", "")
    assert [kind for kind, _ in await events(engine, done["contact"])] == [
        "contact.created",
        "form.submitted",
    ]
    subjects = [m["Subject"] for m in engine.sink.mails if m["To"].addresses[0].username == "careful"]
    assert subjects == ["Please confirm", "Hi Cara"]


async def test_a_confirmation_that_comes_too_late_counts_for_nothing(engine: Engine) -> None:
    path = await saved(engine, "too-late", a_form(double_opt_in={}, sender=SENDER))
    await send(engine, path, email="late@example.org")
    link = await confirmation(engine, "late@example.org")

    await engine.pass_(minutes=30)

    assert (await public(engine, "GET", link)).status_code == 410
    assert (await public(engine, "POST", link)).status_code == 410
    (lost,) = await submissions(engine, "too-late", state="expired")
    assert lost["state"] == "expired"
    assert await submissions(engine, "too-late", state="awaiting_confirmation") == []
    assert (await public(engine, "POST", link[:-1])).status_code == 404


async def test_a_form_ends_after_its_submissions_and_after_its_day(engine: Engine) -> None:
    few = await saved(engine, "few", a_form(EMAIL, life={"most_submissions": 1, "closed_text": "Sold out."}))
    closes = (await engine.now()).isoformat()
    old = await saved(engine, "old", a_form(EMAIL, life={"closes_at": closes}))
    assert (await send(engine, few, email="first@example.org")).status_code == 200

    for path in (few, old):
        assert (await public(engine, "GET", path)).status_code == 410
        late = await send(engine, path, email="second@example.org")
        assert (late.status_code, late.headers["Access-Control-Allow-Origin"]) == (410, "*")
    assert "Sold out." in (await public(engine, "GET", few)).text
    assert len(await submissions(engine, "few")) == 1


async def test_a_form_of_several_pages_goes_on_back_and_keeps_what_was_answered(engine: Engine) -> None:
    form = a_form(EMAIL)
    form["pages"].append({"title": "More", "elements": [FIRST, TOPIC]})
    path = await saved(engine, "pages", form)
    page = await public(engine, "GET", path)
    assert "Page 1 of 2" in page.text

    wrong = await public(engine, "POST", path, data={**fields_of(page.text), "email": "no address"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    evil = '"><script>alert(1)</script>@example.org'
    again = await public(engine, "POST", path, data={**fields_of(page.text), "email": evil})
    assert "<script" not in again.text
    second = await public(engine, "POST", path, data={**fields_of(page.text), "email": "pages@example.org"})
    assert "Page 2 of 2" in second.text
    at_second = {**fields_of(second.text), "first": "Pia"}
    back = await public(engine, "POST", path, data={**at_second, "_go": "back"})
    assert 'value="pages@example.org"' in back.text
    assert fields_of(back.text)["first"] == "Pia"
    assert await submissions(engine, "pages") == []

    assert "Thank you" in (await public(engine, "POST", path, data=at_second)).text
    (sent,) = await submissions(engine, "pages")
    assert sent["answers"] == {"email": "pages@example.org", "first": "Pia"}


async def test_a_captcha_asks_for_the_sum_and_takes_no_machine(engine: Engine) -> None:
    proof = {"kind": "captcha", "id": "proof", "seconds": 0}
    path = await saved(engine, "sums", a_form(EMAIL, proof))
    page = await public(engine, "GET", path)
    good = {**fields_of(page.text), "email": "human@example.org", "_sum": solved(page.text)}

    for bad in ({"_sum": "99"}, {"_proof": "forged"}):
        assert (await public(engine, "POST", path, data=good | bad)).status_code == 422
    trapped = await public(engine, "POST", path, data=good | {"_url": "https://spam.example"})
    assert trapped.status_code == 200
    assert await submissions(engine, "sums") == []
    assert (await public(engine, "POST", path, data=good)).status_code == 200
    assert len(await submissions(engine, "sums")) == 1


async def test_a_captcha_of_three_seconds_is_not_answered_at_once(engine: Engine) -> None:
    path = await saved(engine, "slow", a_form(EMAIL, {"kind": "captcha", "id": "proof"}))
    told = (await public(engine, "GET", f"{path}/proof")).json()

    sent = await send(
        engine, path, email="quick@example.org", _proof=told["proof"], _sum=solved(told["question"])
    )

    assert sent.status_code == 422
    assert sent.json()["errors"][0]["pointer"] == "#/proof"


async def test_an_upload_is_kept_and_handed_out_only_to_be_saved(engine: Engine) -> None:
    upload = {"kind": "upload", "id": "cv", "label": "CV", "most_bytes": 1000, "types": [".pdf"]}
    path = await saved(engine, "files", a_form(EMAIL, upload))
    content = bytes(range(256)) + b"\r\n--x\r\n\n\r"

    for name, body in (("a.exe", content), ("a.pdf", b"x" * 1001)):
        refused = await public(
            engine, "POST", path, data={"email": "f@example.org"}, files={"cv": (name, body)}
        )
        assert refused.status_code == 422
    sent = await public(
        engine, "POST", path, data={"email": "f@example.org"}, files={"cv": ("../my cv.pdf", content)}
    )

    assert sent.status_code == 200, sent.text
    (submission,) = await submissions(engine, "files")
    assert submission["answers"]["cv"] == "my cv.pdf"
    assert submission["files"]["cv"]["size"] == len(content)
    got = await engine.ask("GET", f"/v1/submissions/{submission['id']}/files/cv")
    assert got.content == content
    assert got.headers["Content-Disposition"] == "attachment"


async def test_a_redirect_is_followed_and_allowed_by_the_page(engine: Engine) -> None:
    thanks = {"thank_you": {"redirect": "https://www.example.org/thanks"}}
    path = await saved(engine, "redirect", a_form(EMAIL, **thanks))

    page = await public(engine, "GET", path)
    sent = await public(engine, "POST", path, data={"email": "r@example.org"})

    assert (sent.status_code, sent.headers["Location"]) == (303, "https://www.example.org/thanks")
    assert "form-action 'self' https://www.example.org" in page.headers["Content-Security-Policy"]


async def test_the_form_in_a_mail_knows_its_reader_but_shows_nothing_secret(engine: Engine) -> None:
    mobile = {"kind": "contact_field", "id": "mobile", "label": "Mobile", "field": "mobile"}
    await saved(engine, "rsvp", a_form(FIRST, mobile, processing="manual_when_unknown"))
    await engine.runs("invites", a_flow().triggered_by({"kind": "manual"}).mailing().mail("hello"))
    await engine.contacts("guest", first_name="Gus", mobile="+49 170 1")
    await engine.suggests("invites", "guest")
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == "guest")
    body = mail.get_body(("html",))
    assert body is not None
    (address,) = re.findall(r'href="([^"]+/r/f/[^"]+)"', body.get_content())
    path = urlsplit(address).path

    page = await public(engine, "GET", path)
    assert 'value="Gus"' in page.text
    assert "+49 170 1" not in page.text
    await public(engine, "POST", path, data={**fields_of(page.text), "first": "Gustav"})

    ((_, _), (kind, data)) = await events(engine, "guest")
    assert (kind, data["flow"], data["content"]) == ("form.submitted", "invites", "hello")
    assert (await engine.contact("guest"))["first_name"] == "Gustav"


async def test_a_running_flow_locks_its_form_and_mistakes_name_the_element(engine: Engine) -> None:
    await saved(engine, "locked", a_form(EMAIL))
    await engine.runs(
        "uses-form", a_flow().triggered_by({"kind": "form_submitted", "form": "locked"}).wait(days=1)
    )

    refused = await engine.ask("PUT", "/v1/forms/locked", json=a_form(), headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["flows"]) == (409, ["uses-form"])
    await engine.act("uses-form", "pause")
    assert (
        await engine.ask("PUT", "/v1/forms/locked", json=a_form(), headers={"If-Match": '"1"'})
    ).status_code == 200
    assert (await engine.ask("PUT", "/v1/forms/locked", json=a_form(EMAIL))).status_code == 428

    wrong = a_form(EMAIL, {**FIRST, "field": "frist_name"}, {**TOPIC, "id": "email"}, double_opt_in={})
    errors = (await engine.ask("PUT", "/v1/forms/wrong", json=wrong)).json()["errors"]
    pointers = [error["pointer"] for error in errors]
    assert "#/pages/0/elements/1/field" in pointers
    assert "#/pages/0/elements/2/id" in pointers
    assert "#/sender" in pointers
    assert "'first'" in errors[pointers.index("#/pages/0/elements/1/field")]["detail"]
    away = a_form(EMAIL, thank_you={"redirect": "javascript:alert(1)"})
    assert (await engine.ask("PUT", "/v1/forms/wrong", json=away)).status_code == 422


async def test_programs_learn_what_is_wrong_and_sizes_are_bounded(engine: Engine) -> None:
    texts = [{"kind": "long_text", "id": f"t{n}", "label": "Text"} for n in range(20)]
    path = await saved(engine, "bounds", a_form(EMAIL, TOPIC, *texts))

    bad = await send(engine, path, email="nobody", topic="z")
    assert [error["pointer"] for error in bad.json()["errors"]] == ["#/email", "#/topic"]
    long = await send(engine, path, email="b@example.org", t0="x" * 4001)
    assert long.json()["errors"][0]["pointer"] == "#/t0"
    many = await send(engine, path, email="b@example.org", **{f"t{n}": "x" * 4000 for n in range(20)})
    assert many.status_code == 422
    for body in (b"[1]", b"{", b'{"a": {"b": 1}}'):
        headers = {"Content-Type": "application/json"}
        assert (await public(engine, "POST", path, content=body, headers=headers)).status_code == 422
    assert await submissions(engine, "bounds") == []


async def test_forgetting_somebody_takes_their_answers_and_files(engine: Engine) -> None:
    upload = {"kind": "upload", "id": "cv", "label": "CV"}
    path = await saved(engine, "forgets", a_form(EMAIL, upload, processing="manual_when_unknown"))
    await engine.contacts("fay")
    await public(engine, "POST", path, data={"email": "fay@example.org"}, files={"cv": ("a.txt", b"secret")})
    (kept,) = await submissions(engine, "forgets")

    await engine.call("POST", "/v1/operations/forget", json={"contact": "fay"})

    shown = await engine.call("GET", f"/v1/submissions/{kept['id']}")
    assert (shown["answers"], shown["files"], shown["state"]) == ({}, {}, "processed")
    assert (await engine.ask("GET", f"/v1/submissions/{kept['id']}/files/cv")).status_code == 404


async def test_one_address_on_the_network_sends_only_so_often(engine: Engine) -> None:
    path = await saved(engine, "often", a_form(EMAIL))
    most = engine.process.settings.forms.per_minute

    answers = [await send(engine, path, email="nobody") for _ in range(most + 1)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) <= 60
