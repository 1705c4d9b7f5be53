"""Flows from end to end: events in over HTTP, mail out to a real server, and what became of everyone."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.services.engine import CONSENT, Engine
from tests.support.flows import CLICK, FORM, IS_CUSTOMER, FlowBuilder, a_flow, a_path, country_is, line

MANUAL = {"kind": "manual"}


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by(MANUAL)


async def left(engine: Engine, flow: str, contact: str) -> tuple[str, str | None]:
    row = await engine.passage(flow, contact)
    return row["status"], row["reason"]


async def test_transactional_mail_asks_neither_consent_nor_subscription(engine: Engine) -> None:
    await engine.runs(
        "receipt", by_hand().mailing(override_consent=True, subscription_type="news").mail("hello")
    )
    await engine.contacts("buyer", consents={})

    await engine.suggests("receipt", "buyer")

    assert (await left(engine, "receipt", "buyer"))[0] == "finished"
    assert engine.mails("buyer") == ["hello"]


async def test_a_permanent_bounce_blocks_the_address_for_the_next_mail(engine: Engine) -> None:
    await engine.runs("bouncing", by_hand().mail("hello").wait("rest", days=1).mail("again"))
    engine.sink.at_recipient["bouncer@example.org"] = "550 5.1.1 no such user"
    await engine.contacts("bouncer")
    await engine.suggests("bouncing", "bouncer")
    row = await engine.passage("bouncing", "bouncer")
    assert (row["status"], row["last_message"]["status"]) == ("active", "failed")

    await engine.pass_(days=1)

    assert await left(engine, "bouncing", "bouncer") == ("dropped_out", "email_blocked")
    assert "550 5.1.1 no such user" in await engine.why("bouncer", "bouncing")


async def test_five_messages_refused_for_now_to_the_end_block_the_address(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.domain.delivery.RETRY_AFTER", ())  # the last try is the first
    steps = by_hand()
    for n in range(7):
        steps.mail("hello", f"mail-{n}").wait(f"rest-{n}", days=1)
    await engine.runs("soft", steps)
    engine.sink.at_recipient["full@example.org"] = "452 4.2.2 mailbox full"
    await engine.contacts("full")
    await engine.suggests("soft", "full")
    for n in range(4):
        assert (await engine.passage("soft", "full"))["step"] == f"rest-{n}"
        await engine.pass_(days=1)
    assert (await engine.passage("soft", "full"))["status"] == "active"

    await engine.pass_(days=1)

    row = await engine.passage("soft", "full")
    assert (row["status"], row["reason"], row["step"]) == ("dropped_out", "email_blocked", "mail-5")


async def test_a_delivery_ends_the_row_of_bounces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.domain.delivery.RETRY_AFTER", ())
    steps = by_hand()
    for n in range(6):
        steps.mail("hello", f"mail-{n}").wait(f"rest-{n}", days=1)
    await engine.runs("row", steps)
    await engine.contacts("sometimes")
    engine.sink.at_recipient["sometimes@example.org"] = "452 4.2.2 mailbox full"
    await engine.suggests("row", "sometimes")
    await engine.pass_(days=1)

    del engine.sink.at_recipient["sometimes@example.org"]
    await engine.pass_(days=1)
    engine.sink.at_recipient["sometimes@example.org"] = "452 4.2.2 mailbox full"
    await engine.pass_(days=3)

    assert (await engine.passage("row", "sometimes"))["step"] == "rest-5"
    assert engine.mails("sometimes") == ["hello"]


async def test_a_pause_freezes_everyone_and_a_resume_lets_them_go_on(engine: Engine) -> None:
    flow = (
        by_hand()
        .wait("rest", days=2)
        .mail("hello")
        .wait_for(CLICK, step_id="act", max_wait=None)
        .mail("again")
    )
    await engine.runs("pausing", flow)
    await engine.contacts("early", "clicked", "late", "never")
    await engine.suggests("pausing", "clicked")
    await engine.pass_(days=2)
    await engine.suggests("pausing", "early", "never")

    await engine.act("pausing", "pause")
    await engine.happens("link.clicked", "clicked", link="offer")
    await engine.suggests("pausing", "late")
    await engine.pass_(days=5)

    steps = {p["contact"]: (p["step"], p["status"]) for p in await engine.passages("pausing")}
    assert steps == {
        "clicked": ("act", "active"),
        "early": ("rest", "active"),
        "never": ("rest", "active"),
        "late": ("start", "active"),
    }
    assert engine.mails("early") == []

    await engine.act("pausing", "resume")

    steps = {p["contact"]: p["step"] for p in await engine.passages("pausing")}
    assert steps == {"clicked": "finish", "early": "act", "never": "act", "late": "rest"}
    assert engine.mails("clicked") == ["hello", "again"]
    assert engine.mails("early") == ["hello"]
    await engine.pass_(days=2)
    assert engine.mails("late") == ["hello"]
    assert "held at rest until the flow is resumed" in await engine.why("early", "pausing")


async def test_what_is_changed_in_a_pause_is_met_by_those_who_come_to_it(engine: Engine) -> None:
    def flow(subject: str) -> FlowBuilder:
        return by_hand().wait("rest", days=1).mail("hello", subject=subject)

    await engine.runs("edited", flow("before"))
    await engine.contacts("reader")
    await engine.suggests("edited", "reader")

    await engine.act("edited", "pause")
    etag = (await engine.ask("GET", "/v1/flows/edited")).headers["ETag"]
    body = flow("after").build().model_dump(mode="json", exclude_unset=True)
    await engine.call("PUT", "/v1/flows/edited", json=body, headers={"If-Match": etag})
    await engine.act("edited", "resume")
    await engine.pass_(days=1)

    assert engine.mails("reader") == ["after"]
    assert (await engine.passage("edited", "reader"))["version"] == 2


async def test_a_wait_that_is_changed_in_a_pause_ends_anew_for_those_who_stand_on_it(engine: Engine) -> None:
    await engine.runs("changed", by_hand().wait("rest", days=9).wait("then", days=9))
    await engine.contacts("long", "short")
    await engine.suggests("changed", "long")
    await engine.pass_(days=3)
    await engine.suggests("changed", "short")

    await engine.act("changed", "pause")
    etag = (await engine.ask("GET", "/v1/flows/changed")).headers["ETag"]
    flow = by_hand().mail("hello").wait("rest", days=2).wait("then", days=9)
    body = flow.build().model_dump(mode="json", exclude_unset=True)
    await engine.call("PUT", "/v1/flows/changed", json=body, headers={"If-Match": etag})
    await engine.act("changed", "resume")
    steps = {p["contact"]: p["step"] for p in await engine.passages("changed")}
    assert steps == {"long": "then", "short": "rest"}

    await engine.pass_(days=2)
    assert (await engine.passage("changed", "short"))["step"] == "then"


async def test_ending_a_flow_cancels_for_good_and_withdraws_planned_mail(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail was refused for now, and was to be tried again, when the flow was paused and then ended."""
    monkeypatch.setattr("common.domain.delivery.RETRY_AFTER", (timedelta(seconds=0.2),) * 1000)
    await engine.runs("ending", by_hand().mail("hello").wait("stay", days=1).mail("again"))
    await engine.contacts("caught", "queued")
    engine.sink.at_recipient["caught@example.org"] = "451 4.3.0 try later"
    await engine.call("POST", "/v1/enrolments", json={"id": "e", "flow": "ending", "contacts": ["caught"]})
    effects = engine.database["effects"]
    while await effects.count_documents({"contact": "caught", "attempts": {"$gt": 0}}) == 0:  # noqa: ASYNC110
        await asyncio.sleep(0.02)

    await engine.act("ending", "pause")
    await engine.suggests("ending", "queued")
    del engine.sink.at_recipient["caught@example.org"]
    await engine.act("ending", "end")

    rows = {p["contact"]: p for p in await engine.passages("ending")}
    assert {contact: row["status"] for contact, row in rows.items()} == dict.fromkeys(
        ("caught", "queued"), "cancelled"
    )
    assert rows["caught"]["last_message"]["status"] == "withdrawn"
    assert "withdrawn before it was sent (the flow had ended before it was sent)" in await engine.why(
        "caught", "ending"
    )

    await engine.act("ending", "run")
    await engine.pass_(days=2)
    assert engine.mails("caught") + engine.mails("queued") == []
    assert {p["status"] for p in await engine.passages("ending")} == {"cancelled"}

    await engine.suggests("ending", "queued")
    assert [p["status"] for p in await engine.passages("ending", "queued")] == ["cancelled", "active"]


async def test_follow_on_flows_take_those_who_finished_by_how_they_did(engine: Engine) -> None:
    await engine.runs("after-success", by_hand().filtered(*country_is("DE")).wait("rest", days=9))
    await engine.runs("after-all", by_hand().wait("rest", days=9))
    flow = (
        by_hand()
        .succeeding_by(FORM)
        .going_on_to(on_success="after-success", otherwise="after-all")
        .wait("rest", days=1)
    )
    await engine.runs("first", flow)
    await engine.contacts("winner", "filtered", "other", country="DE")
    await engine.happens("contact.updated", "filtered", country="SE")
    await engine.suggests("first", "winner", "filtered", "other")

    await engine.happens("form.submitted", "winner", form="rsvp")
    await engine.happens("form.submitted", "filtered", form="rsvp")
    await engine.pass_(days=1)

    assert [p["contact"] for p in await engine.passages("after-success")] == ["winner"]
    assert [p["contact"] for p in await engine.passages("after-all")] == ["other"]
    assert "not enrolled" in await engine.why("filtered", "after-success")
    report = await engine.call("GET", "/v1/reports/flows/first")
    assert (report["enrolled"], report["completed"]) == (3, 3)


async def test_what_one_flow_changes_starts_another(engine: Engine) -> None:
    changing = by_hand().update(category="Prospect", custom={"score": 7}).wait("rest", days=9)
    changed = {
        "kind": "contact_updated",
        "changed": ["category"],
        "conditions": [line("before.category", "is", "Lead"), line("contact.category", "is", "Prospect")],
    }
    await engine.runs("promoted", a_flow().triggered_by(changed).wait("rest", days=9))
    await engine.runs("changing", changing)
    await engine.contacts("lead", category="Lead", first_name="Ada", country="DE")
    await engine.contacts("prospect", category="Prospect")

    await engine.suggests("changing", "lead", "prospect")

    stored = await engine.contact("lead")
    assert (stored["category"], stored["custom"]) == ("Prospect", {"score": 7})
    assert (stored["first_name"], stored["country"], stored["email"]) == ("Ada", "DE", "lead@example.org")
    assert [p["contact"] for p in await engine.passages("promoted")] == ["lead"]
    assert "It was 'Lead': yes" in await engine.why("lead", "promoted")


async def test_steps_change_membership_and_the_next_step_sees_it(engine: Engine) -> None:
    on_list = [line("contact.selections", "one_of", ["done"], "list")]
    flow = (
        by_hand()
        .remove_from("staff")
        .add_to("done")
        .split({"Members": (on_list, a_path("in-").mail("hello"))}, a_path("out-").mail("again"))
    )
    await engine.runs("members", flow)
    await engine.contacts("member", selections=["staff"])

    await engine.suggests("members", "member")

    assert (await engine.contact("member"))["selections"] == ["done"]
    assert engine.mails("member") == ["hello"]


@pytest.mark.parametrize(
    ("action", "event", "data"),
    [
        (FORM, "form.submitted", {"form": "rsvp", "fields": {"seats": "2"}}),
        (CLICK, "link.clicked", {"link": "offer"}),
        ({"kind": "custom_event", "name": "trial.started"}, "trial.started", {"plan": "small"}),
    ],
)
async def test_a_wait_ends_by_its_action_also_by_one_done_before(
    engine: Engine, action: dict[str, Any], event: str, data: dict[str, Any]
) -> None:
    name = f"waiting-{action['kind']}".replace("_", "-")
    people = [f"{name}-{who}" for who in ("during", "before", "earlier", "other")]
    during, before, earlier, other = people
    flow = (
        by_hand()
        .wait("rest", days=1)
        .wait_for(FORM | {"form": "none"}, action, step_id="act")
        .wait("stay", days=9)
    )
    await engine.runs(name, flow)
    await engine.contacts(*people)
    await engine.happens(event, earlier, **data)
    await engine.suggests(name, *people)
    await engine.happens(event, before, **data)

    await engine.pass_(days=1)
    await engine.happens(event, during, **data)
    await engine.happens("form.submitted", other, form="unasked")

    steps = {p["contact"]: p["step"] for p in await engine.passages(name)}
    assert steps == {during: "stay", before: "stay", earlier: "act", other: "act"}


async def test_a_click_in_the_mail_itself_ends_the_wait(engine: Engine) -> None:
    in_this_mail = CLICK | {"content": "hello"}
    await engine.runs("clicking", by_hand().mail("hello").wait_for(in_this_mail, step_id="act").mail("again"))
    await engine.contacts("clicker")
    await engine.suggests("clicking", "clicker")
    body = engine.sink.mails[-1].get_body(("html",))
    assert body is not None
    address = re.search(r'href="([^"]+/r/l/[^"]+)"', body.get_content())
    assert address is not None

    answer = await engine.ask("GET", urlsplit(address[1]).path, headers={"Authorization": ""})
    await engine.drain()

    assert answer.status_code == 302
    assert engine.mails("clicker") == ["hello", "again"]


async def test_who_unsubscribes_gets_no_further_mail(engine: Engine) -> None:
    flow = by_hand().mailing(subscription_type="news").mail("hello").wait("rest", days=1).mail("again")
    await engine.runs("unsubscribing", flow)
    await engine.contacts("leaver", subscriptions=["news"])
    await engine.suggests("unsubscribing", "leaver")
    header = str(engine.sink.mails[-1]["List-Unsubscribe"])
    path = urlsplit(header.split("<")[1].split(">")[0]).path

    await engine.ask("POST", path, data={"List-Unsubscribe": "One-Click"}, headers={"Authorization": ""})
    await engine.pass_(days=1)

    assert await left(engine, "unsubscribing", "leaver") == ("dropped_out", "no_subscription")
    assert engine.mails("leaver") == ["hello"]


@pytest.mark.parametrize("move", [True, False])
async def test_success_by_what_the_contact_is_finishes_now_or_in_the_end(engine: Engine, move: bool) -> None:
    name = f"customers-{'moving' if move else 'staying'}"
    flow = by_hand().succeeding_by(IS_CUSTOMER, move_to_finish=move).wait("rest", days=1).mail("hello")
    await engine.runs(name, flow)
    already, becomes, never = (f"{name}-{who}" for who in ("already", "becomes", "never"))
    await engine.contacts(already, category="customer")
    await engine.contacts(becomes, never, category="Lead")
    await engine.suggests(name, already, becomes, never)
    await engine.happens("contact.updated", becomes, category="Customer")

    statuses = {p["contact"]: p["status"] for p in await engine.passages(name)}
    inside = "finished_with_success" if move else "active"
    assert statuses == {already: inside, becomes: inside, never: "active"}

    await engine.pass_(days=1)

    statuses = {p["contact"]: p["status"] for p in await engine.passages(name)}
    assert statuses == {already: "finished_with_success", becomes: "finished_with_success", never: "finished"}
    assert [bool(engine.mails(c)) for c in (already, becomes, never)] == [not move, not move, True]
    report = await engine.call("GET", f"/v1/reports/flows/{name}")
    assert report["success_rate"] == pytest.approx(2 / 3, abs=0.01)


async def test_created_contacts_start_a_flow_and_imported_ones_do_not(engine: Engine) -> None:
    await engine.runs("welcome", a_flow().triggered_by({"kind": "contact_created"}).mail("hello"))
    await engine.contacts("imported")

    await engine.happens("contact.created", "created", email="created@example.org", **CONSENT)

    assert [p["contact"] for p in await engine.passages("welcome")] == ["created"]
    assert engine.mails("created") == ["hello"]


async def test_a_loop_of_flows_is_stopped_and_told(engine: Engine) -> None:
    await engine.design("pong", by_hand().going_on_to(otherwise=None).add_to("done"))
    await engine.runs("ping", by_hand().going_on_to(otherwise="pong").add_to("done"))
    etag = (await engine.ask("GET", "/v1/flows/pong")).headers["ETag"]
    body = by_hand().going_on_to(otherwise="ping").add_to("done").build()
    await engine.call(
        "PUT",
        "/v1/flows/pong",
        json=body.model_dump(mode="json", exclude_unset=True),
        headers={"If-Match": etag},
    )
    await engine.act("pong", "run")
    await engine.contacts("ball")

    await engine.suggests("ping", "ball")

    assert len(await engine.passages("ping")) + len(await engine.passages("pong")) == 10
    assert "the tenth in a row" in await engine.why("ball")
