"""From whom mails come and where answers go; approved domains are asked once more as they leave."""

from email.message import EmailMessage

import pytest

from common.adapters.mail import senders
from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow

pytestmark = pytest.mark.mongo

USERS = [
    {"id": "5", "name": "Ada Lind", "email": "lind@example.org"},
    {"id": "6", "name": "Bo Ek", "email": "ek@elsewhere.example"},
]


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"})


def to(engine: Engine, contact: str) -> EmailMessage:
    return next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == contact)


async def approve(engine: Engine, monkeypatch: pytest.MonkeyPatch, *domains: str) -> None:
    """From now on, not in a few seconds."""
    monkeypatch.setattr(senders, "KEPT_SECONDS", 0.0)
    answer = await engine.ask("GET", "/v1/sender-domains")
    headers = {"If-Match": answer.headers["ETag"]} if "ETag" in answer.headers else {}
    await engine.call("PUT", "/v1/sender-domains", json={"domains": list(domains)}, headers=headers)


async def test_mail_comes_from_the_contacts_own_colleague_or_from_the_fall_back(engine: Engine) -> None:
    await engine.call("PUT", "/v1/users", json=USERS)
    flow = by_hand().mailing(from_name="News", from_whom="our_contact", reply_to_whom="our_service_contact")
    await engine.runs("personal", flow.mail("hello"))
    await engine.contacts("p-known", owner="5", service_contact="6")
    await engine.contacts("p-company", company={"id": "k", "owner": "5"})
    await engine.contacts("p-nobody")

    await engine.suggests("personal", "p-known", "p-company", "p-nobody")

    known, company, nobody = (to(engine, name) for name in ("p-known", "p-company", "p-nobody"))
    assert (known["From"], known["Reply-To"]) == ("Ada Lind <lind@example.org>", "ek@elsewhere.example")
    assert (company["From"], company["Reply-To"]) == ("Ada Lind <lind@example.org>", None)
    assert (nobody["From"], nobody["Reply-To"]) == ("News <news@example.org>", None)
    assert known["Message-ID"].endswith("@example.org>")


async def test_a_list_that_changed_after_the_run_holds_for_mails_that_leave_from_then_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.call("PUT", "/v1/users", json=USERS)
    desk = {"to": "address", "address": "held-desk@firm.example.org", "subject": "a", "text": "b"}
    flow = by_hand().mailing(from_whom="our_service_contact").mail("hello")
    await engine.runs("held", flow.step("notify_by_email", "tell", **desk))
    await engine.contacts("h-one", "h-two", service_contact="6")
    await approve(engine, monkeypatch, "example.org")

    await engine.suggests("held", "h-one")
    assert to(engine, "h-one")["From"] == "news@example.org"

    await approve(engine, monkeypatch, "other.example")
    mails = len(engine.sink.mails)
    await engine.suggests("held", "h-two")
    await approve(engine, monkeypatch)

    assert len(engine.sink.mails) == mails
    why = await engine.why("h-two", "held")
    assert why.count("'news@example.org' is on no approved sender domain; use one of other.example") == 2
