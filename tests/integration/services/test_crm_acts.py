"""What steps do in the built-in CRM, and what follows from it, as if a person had done it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.domain.diary import first_free
from tests.integration.services.engine import Engine
from tests.support.flows import a_flow, line

pytestmark = pytest.mark.mongo


async def test_a_request_is_kept_and_starts_and_succeeds_flows(engine: Engine) -> None:
    asking = (
        a_flow()
        .step(
            "create_request", "ask", subject="Call {{ contact.first_name }}", category="sales", message="Soon"
        )
        .wait("rest", days=9)
    )
    await engine.runs("asking", asking.succeeding_by({"kind": "request_created"}))
    on_sales = {"kind": "request_created", "conditions": [line("event.category", "is", "sales")]}
    await engine.runs("answering", a_flow().triggered_by(on_sales).mail("hello"))
    await engine.contacts("ada", first_name="Ada", service_contact="7", company={"id": "5", "name": "Mill"})

    await engine.happens("order.placed", "ada")

    (made,) = (await engine.call("GET", "/v1/requests", params={"contact": "ada"}))["items"]
    assert (made["title"], made["message"], made["owner"]) == ("Call Ada", "Soon", "7")
    assert (made["company"], made["flow"]) == ("5", "asking")
    assert (await engine.passage("asking", "ada"))["status"] == "finished_with_success"
    assert engine.mails("ada") == ["hello"]
    event = await engine.database["events"].find_one({"type": "request.created", "contact": "ada"})
    assert event is not None
    assert event["data"] == {
        "request": made["id"], "title": "Call Ada", "category": "sales", "company": "5", "owner": "7",
    }  # fmt: skip
    order = await engine.database["events"].find_one({"type": "order.placed", "contact": "ada"})
    assert order is not None
    assert (event["cause"], event["depth"]) == (order["_id"], 1)
    why = await engine.why("ada", "asking")
    assert "act in the CRM planned at ask; act: create_request" in why
    assert "act in the CRM of step ask was taken by the CRM (kept in requests)" in why


async def test_requests_that_make_requests_come_to_an_end(engine: Engine) -> None:
    circle = a_flow().triggered_by({"kind": "request_created"}).step("create_request", subject="Again")
    await engine.runs("circle", circle)
    await engine.contacts("echo")

    await engine.happens("request.created", "echo", title="First")

    made = await engine.call("GET", "/v1/requests", params={"contact": "echo"})
    assert len(made["items"]) == 10
    assert "the tenth in a row raised by flows" in await engine.why("echo", "circle")
    await engine.act("circle", "end")


async def test_what_has_no_words_for_a_contact_is_not_done(engine: Engine) -> None:
    wordless = a_flow().triggered_by({"kind": "chat_started"})
    await engine.runs("wordless", wordless.step("create_request", "ask", subject="{{ contact.first_name }}"))
    await engine.contacts("nameless")

    await engine.happens("chat.started", "nameless")

    assert (await engine.call("GET", "/v1/requests", params={"contact": "nameless"}))["items"] == []
    assert "the title is empty for this contact" in await engine.why("nameless", "wordless")


async def test_sales_and_follow_ups_are_kept_with_their_events(engine: Engine) -> None:
    closing = a_flow().triggered_by({"kind": "chat_started"}).having(timezone="Europe/Berlin")
    closing.step("create_sale", "sell", subject="Mill", amount=900, currency="EUR", after={"days": 1})
    meeting = {"subject": "Meet {{ contact.first_name }}", "nature": "meeting", "minutes": 45}
    closing.step(
        "create_follow_up", "meet", **meeting, agenda="<p>{{ contact.first_name }}</p><script>x</script>"
    )
    closing.step("run_script", "score", script="score").wait("rest", days=9)
    await engine.runs("closing", closing.succeeding_by({"kind": "follow_up_created"}, move_to_finish=False))
    large = {"kind": "sale_created", "conditions": [line("event.amount", "gt", 500, "number")]}
    await engine.runs("large", a_flow().triggered_by(large).wait("rest", days=9))
    await engine.contacts("bob", first_name="B<o>b", owner="5")

    await engine.happens("chat.started", "bob")

    (sale,) = (await engine.call("GET", "/v1/sales", params={"contact": "bob"}))["items"]
    assert (sale["title"], sale["amount"], sale["owner"], sale["status"]) == ("Mill", 900, "5", "open")
    now = await engine.now()
    assert datetime.fromisoformat(sale["date"]) == now + timedelta(days=1)
    (meeting,) = (await engine.call("GET", "/v1/follow-ups", params={"contact": "bob"}))["items"]
    opens = first_free(now, 45, (), ZoneInfo("Europe/Berlin"))
    times = [datetime.fromisoformat(meeting[name]) for name in ("begins", "ends")]
    assert times == [opens, opens + timedelta(minutes=45)]
    assert (meeting["title"], meeting["agenda"]) == ("Meet B<o>b", "<p>B&lt;o&gt;b</p>")
    assert (await engine.passage("large", "bob"))["status"] == "active"
    assert (await engine.passage("closing", "bob"))["succeeded_at"] is not None
    assert "the built-in CRM has no scripts" in await engine.why("bob", "closing")


async def test_an_owner_is_known_to_the_next_step_and_told(engine: Engine) -> None:
    people = [
        {"id": "71", "name": "Ines", "email": "ines@example.org", "group": "sales"},
        {"id": "72", "name": "Away", "email": "away@example.org", "group": "sales", "available": False},
    ]
    await engine.call("PUT", "/v1/users", json=people)
    sharing = a_flow().triggered_by({"kind": "custom_event", "name": "offer.wanted"})
    sharing.step(
        "distribute_to_owner", "share", groups=["sales"], fall_back="5", subject="{{ contact.id }} is yours"
    )
    sharing.step("create_follow_up", "call", subject="Ring {{ contact.id }}").wait("rest", days=9)
    await engine.runs("sharing", sharing)
    await engine.contacts("carl")

    await engine.happens("offer.wanted", "carl")

    assert (await engine.contact("carl"))["owner"] == "71"
    (task,) = (await engine.call("GET", "/v1/follow-ups", params={"contact": "carl"}))["items"]
    assert (task["owner"], task["meeting"]) == ("71", False)
    told = [got.subject for got in engine.sink.counts.elements() if got.recipient == "ines@example.org"]
    assert told == ["carl is yours"]
    why = await engine.why("carl", "sharing")
    assert "available: ['71']; turn: 0; owner: 71" in why


async def test_what_people_change_of_sales_and_requests_starts_flows(engine: Engine) -> None:
    sells = (
        a_flow()
        .triggered_by({"kind": "chat_started"})
        .step("create_sale", "sell", subject="Mill", amount=40, currency="EUR")
        .step("create_request", subject="Ask")
    )
    await engine.runs("sells", sells.wait("rest", days=9))
    large = {"kind": "sale_sold", "conditions": [line("event.amount", "gt", 40, "number")]}
    await engine.runs("thanks", a_flow().triggered_by(large).wait("w", days=9))
    closed = {"kind": "custom_event", "name": "request.updated"}
    closed["conditions"] = [line("event.status", "is", "closed")]
    await engine.runs("closed", a_flow().triggered_by(closed).wait("w", days=9))
    await engine.contacts("pat")
    await engine.happens("chat.started", "pat")
    mine = [
        await engine.call("GET", path, params={"contact": "pat"}) for path in ("/v1/sales", "/v1/requests")
    ]
    sale, request = [each for page in mine for each in page["items"] if each["flow"] == "sells"]

    for change in ({"amount": 50}, {"status": "sold"}, {"status": "sold"}):
        told = await engine.call("PATCH", f"/v1/sales/{sale['id']}", json=change)
    await engine.call("PATCH", f"/v1/requests/{request['id']}", json={"status": "closed"})
    await engine.drain()

    assert (told["status"], told["amount"], told["title"]) == ("sold", 50, "Mill")
    about = {"contact": "pat", "source": "headrace/crm"}
    events = engine.database["events"].find(about).sort("archived_at")
    assert [each["type"] async for each in events] == ["sale.updated", "sale.sold", "request.updated"]
    for flow in ("thanks", "closed"):
        assert len(await engine.passages(flow, "pat")) == 1
    assert (await engine.ask("PATCH", "/v1/sales/none", json={"status": "sold"})).status_code == 404
    assert (await engine.ask("PATCH", f"/v1/sales/{sale['id']}", json={"status": "won"})).status_code == 422
