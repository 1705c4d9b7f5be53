"""Bounces and complaints that come later: taken at the door, counted against the address, listed, undone."""

from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from services.studio import address_tasks, addresses_api
from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

FLOW = "bouncing"
DSN = """\
From: MAILER-DAEMON@example.net
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B
Content-Type: text/plain

It could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {email}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
--B
Content-Type: text/rfc822-headers

Message-ID: <effect.{effect}@example.org>
Subject: hello
--B--
"""
ARF = """\
From: abuse@example.net
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=B

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
--B
Content-Type: message/rfc822

Message-ID: <effect.{effect}@example.org>
Subject: hello

Hello
--B--
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def flow(engine: Engine) -> None:
    await engine.runs(FLOW, a_flow().triggered_by({"kind": "manual"}).mail("hello").wait("rest", days=9))


async def mailed(engine: Engine, contact: str) -> str:
    """Someone who has got the mail; answers its effect."""
    await engine.contacts(contact)
    await engine.suggests(FLOW, contact)
    found = await engine.database["effects"].find_one({"contact": contact})
    assert found is not None
    return str(found["_id"])


async def report(engine: Engine, raw: str) -> Any:
    headers = {"Content-Type": "message/rfc822"}
    told = await engine.call("POST", "/v1/bounces", content=raw.encode(), headers=headers)
    await engine.drain()
    return told


async def status(engine: Engine, contact: str) -> Any:
    return (await engine.passage(FLOW, contact))["message_status"]


async def blocked(engine: Engine, email: str) -> Mapping[str, Any] | None:
    page = await engine.call("GET", "/v1/addresses/blocked", params={"limit": 1000})
    return next((row for row in page["items"] if row["address"] == email), None)


async def test_a_permanent_bounce_by_mail_blocks_the_address_once(engine: Engine) -> None:
    effect = await mailed(engine, "bounced")
    raw = DSN.format(effect=effect, email="bounced@example.org")

    assert await report(engine, raw) == {"accepted": 1, "duplicates": 0, "unknown": 0}
    assert await report(engine, raw) == {"accepted": 0, "duplicates": 1, "unknown": 0}

    row = await blocked(engine, "bounced@example.org")
    assert row is not None and (row["bounces"], row["reason"]) == (1, "smtp; 550 5.1.1 no such user")
    assert await status(engine, "bounced") == "bounced"


async def test_soft_bounces_block_at_the_fifth_in_a_row(engine: Engine) -> None:
    effect = await mailed(engine, "soft")
    soft = {"kind": "bounce", "effect": effect, "reason": "452 full"}

    await engine.call("POST", "/v1/bounces", json=[soft] * 4)
    await engine.drain()
    assert await blocked(engine, "soft@example.org") is None
    await engine.call("POST", "/v1/bounces", json=soft)
    await engine.drain()

    assert await blocked(engine, "soft@example.org") is not None


async def test_a_complaint_withdraws_consent_and_is_on_record(engine: Engine) -> None:
    effect = await mailed(engine, "angry")

    await report(engine, ARF.format(effect=effect))

    assert "withdrawn_at" in (await engine.contact("angry"))["consents"]["e_marketing"]
    assert await status(engine, "angry") == "complained"
    page = await engine.call("GET", "/v1/addresses/complaints")
    assert "angry@example.org" in [row["address"] for row in page["items"]]


async def test_what_is_about_no_mail_of_ours_changes_nothing(engine: Engine) -> None:
    told = await report(engine, DSN.format(effect="0" * 32, email="stranger@example.org"))

    assert told == {"accepted": 0, "duplicates": 0, "unknown": 1}
    assert await blocked(engine, "stranger@example.org") is None
    assert await report(engine, "Subject: out of office\n\nBack soon.") == {
        "accepted": 0, "duplicates": 0, "unknown": 0,
    }  # fmt: skip


async def test_a_report_that_is_none_is_refused_with_its_place(engine: Engine) -> None:
    answer = await engine.ask("POST", "/v1/bounces", json={"kind": "bump"})
    assert answer.status_code == 422


async def test_an_unblocked_address_gets_mail_again(engine: Engine) -> None:
    effect = await mailed(engine, "forgiven")
    await engine.call("POST", "/v1/bounces", json={"kind": "bounce", "effect": effect, "permanent": True})
    await engine.drain()

    body = {"addresses": ["Forgiven@Example.org"], "task": {"kind": "unblock"}}
    assert (await engine.call("POST", "/v1/addresses/tasks", json=body))["taken"] == 1

    assert await blocked(engine, "forgiven@example.org") is None


async def test_no_cell_of_an_export_is_a_formula(engine: Engine) -> None:
    effect = await mailed(engine, "sheet")
    evil = {"kind": "bounce", "effect": effect, "permanent": True, "reason": "=HYPERLINK(1)"}
    await engine.call("POST", "/v1/bounces", json=evil)
    await engine.drain()

    answer = await engine.ask("GET", "/v1/addresses/blocked.csv")

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "sheet@example.org,'=HYPERLINK(1),1,True" in answer.text


async def test_all_on_a_list_are_exported_and_have_a_task_set_page_by_page(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses_api, "EXPORT_PAGE", 1)
    monkeypatch.setattr(address_tasks, "FRAME", 1)
    monkeypatch.setattr(address_tasks, "PAGES", 2)
    for person in ("many-1", "many-2", "many-3"):
        effect = await mailed(engine, person)
        await engine.call("POST", "/v1/bounces", json={"kind": "complaint", "effect": effect})
    await engine.drain()
    assert (await engine.ask("GET", "/v1/addresses/complaints.csv")).text.count("many-") == 3

    asked = {"listed": "complaints", "task": {"kind": "add_to_project", "project": "talks"}, "id": "talk"}
    taken, after = 0, None
    while True:
        answer = await engine.call("POST", "/v1/addresses/tasks", json=asked | {"after": after})
        taken, after = taken + answer["taken"], answer["next"]
        if after is None:
            break
    await engine.drain()

    assert taken >= 3
    assert (await engine.contact("many-3"))["projects"] == ["talks"]
    again = await engine.call("POST", "/v1/addresses/tasks", json=asked)
    assert again["taken"] == 0


async def test_whoever_has_a_named_address_is_retired_or_selected_and_starts_no_flow(engine: Engine) -> None:
    await engine.runs("on-change", a_flow().triggered_by({"kind": "contact_updated"}).wait("rest", days=1))
    await engine.contacts("left-1", "left-2", email="Left@Example.org")
    named = {"addresses": ["LEFT@example.org", "nobody@example.org"]}

    retired = {"task": {"kind": "mark_as_former_employee"}, **named}
    answer = await engine.call("POST", "/v1/addresses/tasks", json=retired)
    await engine.drain()

    assert (answer["taken"], answer["nobody"]) == (2, ["nobody@example.org"])
    assert (await engine.contact("left-2"))["retired"] is True
    assert await engine.passages("on-change") == []

    selected = {"task": {"kind": "add_to_selection", "selection": "staff"}, **named}
    await engine.call("POST", "/v1/addresses/tasks", json=selected)
    await engine.drain()
    assert (await engine.contact("left-1"))["selections"] == ["staff"]

    unknown = {"task": {"kind": "add_to_selection", "selection": "nowhere"}, **named}
    refused = await engine.ask("POST", "/v1/addresses/tasks", json=unknown)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/task/selection")
