"""Word to our own people, from the step to their mailbox and phone."""

import pytest

from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow

pytestmark = pytest.mark.mongo


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"})


USERS = [
    {"id": "5", "name": "Ada Lind", "email": "lind@firm.example.org", "mobile": "0151 5550005"},
    {"id": "6", "name": "Bo Ek", "email": "ek@firm.example.org"},
]


async def test_mail_goes_to_the_contacts_colleague_though_the_contact_wants_none(engine: Engine) -> None:
    await engine.call("PUT", "/v1/users", json=USERS)
    step = {
        "subject": "{{ contact.first_name }} ordered",
        "text": "Dear {{ owner.name }}, call {{ company.name | default: 'them' }}.\n\n<b>{{ service_contact.name }}",
    }
    flow = by_hand().mailing().step("notify_by_email", "tell", **step).step(
        "notify_by_email", "desk", to="address", address="desk@firm.example.org", subject="New", text="Look"
    )  # fmt: skip
    await engine.runs("tells", flow)
    company = {"id": "k", "name": "Kvarn", "owner": "5", "service_contact": "6"}
    await engine.contacts("noted", first_name="Cy", consents={}, no_mailing=True, company=company)
    before = len(engine.sink.mails)

    await engine.suggests("tells", "noted")

    mails = {mail["To"].addresses[0].addr_spec: mail for mail in engine.sink.mails[before:]}
    assert set(mails) == {"lind@firm.example.org", "desk@firm.example.org"}
    mail = mails["lind@firm.example.org"]
    assert (mail["Subject"], mail["To"].addresses[0].display_name) == ("Cy ordered", "Ada Lind")
    assert mail.get_body(("plain",)).get_content().splitlines() == [
        "Dear Ada Lind, call Kvarn.",
        "",
        "<b>Bo Ek",
    ]
    assert "&lt;b&gt;Bo Ek" in mail.get_body(("html",)).get_content()
    assert mail["List-Unsubscribe"] is None
    why = await engine.why("noted", "tells")
    assert "notification by mail planned at tell, for user 5" in why
    assert "notification by mail of step tell was taken by the mail server" in why


async def test_a_contact_that_belongs_to_nobody_goes_on_and_why_says_so(engine: Engine) -> None:
    await engine.runs(
        "tells-nobody", by_hand().mailing().step("notify_by_email", "tell", subject="a", text="b")
    )
    await engine.contacts("alone")

    await engine.suggests("tells-nobody", "alone")

    assert (await engine.passage("tells-nobody", "alone"))["status"] == "finished"
    assert "the contact has nobody who is our contact, so nobody is told" in await engine.why(
        "alone", "tells-nobody"
    )


async def test_texts_go_to_those_who_have_a_phone_and_why_tells_of_the_others(engine: Engine) -> None:
    await engine.call("PUT", "/v1/users", json=USERS)
    step = {
        "to": "users",
        "users": ["5", "6", "stranger"],
        "text": "{{ contact.first_name }} of {{ owner.name }}",
    }
    await engine.runs("texts-us", by_hand().step("notify_by_sms", "ring", **step))
    await engine.contacts("rung", first_name="Cy", owner="6")
    before = len(engine.web.at("/sms"))

    await engine.suggests("texts-us", "rung")

    (asked,) = engine.web.at("/sms")[before:]
    assert (asked.document["to"], asked.document["text"]) == ("+491515550005", "Cy of Bo Ek")
    assert (await engine.passage("texts-us", "rung"))["status"] == "finished"
    why = await engine.why("rung", "texts-us")
    assert "user '6' has no mobile number" in why
    assert "there is no user 'stranger'" in why


async def test_an_author_who_names_nothing_or_has_no_sender_is_told(engine: Engine) -> None:
    step = {"subject": "{{ owner.nick }}", "text": "x"}
    etag = await engine.design("lost", by_hand().having(email=None).step("notify_by_email", "tell", **step))

    refused = await engine.ask("POST", "/v1/flows/lost/run", headers={"If-Match": etag})

    assert refused.status_code == 422
    assert [(each["step"], each["field"]) for each in refused.json()["errors"]] == [
        ("tell", "to"),
        ("tell", "subject"),
    ]


async def test_mails_and_texts_to_the_contact_name_its_owner_with_a_fall_back(engine: Engine) -> None:
    await engine.call("PUT", "/v1/users", json=USERS)
    body = {"name": "from-us", "subject": "From {{ owner.name | default: 'all of us' }}",
            "html": "<p>{{ owner.mobile }}</p>"}  # fmt: skip
    await engine.call("PUT", "/v1/contents/from-us", json=body)
    flow = by_hand().mailing().mail("from-us").step("send_sms", "text", text="Yours, {{ owner.name }}")
    await engine.runs("signed", flow)
    await engine.contacts("signed-a", owner="5", mobile="0151 12345678")
    await engine.contacts("signed-b", owner="unknown")

    await engine.suggests("signed", "signed-a", "signed-b")

    assert engine.mails("signed-a") == ["From Ada Lind"]
    assert engine.mails("signed-b") == ["From all of us"]
    assert engine.web.at("/sms")[-1].document["text"] == "Yours, Ada Lind"
