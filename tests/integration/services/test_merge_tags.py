"""What enrolled somebody, and what they submitted last, in mails, text messages and calls."""

from typing import Any

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

HTML = (
    '<p>{{ event.item | default: "something" }} for {{ event.amount }}; '
    '{{ fields.town | default: "nowhere" }}</p>'
)


async def a_flow_that_tells(engine: Engine, name: str, **trigger: Any) -> None:
    body = {"name": name, "subject": '{{ event.item | default: "Hello" }}', "html": HTML}
    await engine.call("PUT", f"/v1/contents/{name}", json=body)
    flow = a_flow().triggered_by(trigger).mailing().mail(name)
    flow.step("send_sms", "text", text="{{ event.amount }} {{ fields.town }}")
    flow.step("call_webhook", "call", url=f"{engine.web.url}/told", body={"item": "{{ event.item }}"})
    await engine.runs(name, flow)


def mail_to(engine: Engine, contact: str) -> tuple[str, str]:
    (mail,) = [mail for mail in engine.sink.mails if mail["To"].addresses[0].username == contact]
    part = mail.get_body(("html",))
    assert part is not None
    return str(mail["Subject"]), str(part.get_content())


async def test_every_message_tells_of_the_event_and_of_the_last_form(engine: Engine) -> None:
    await a_flow_that_tells(engine, "ordered", kind="order_placed")
    await engine.contacts("ada", mobile="+4915112345678")
    await engine.happens("form.submitted", "ada", form="rsvp", fields={"town": "Kiel & <b>"})

    await engine.happens("order.placed", "ada", amount=12, item="Mill\r\nwheel")

    subject, html = mail_to(engine, "ada")
    assert subject == "Mill wheel"
    assert "Mill\nwheel for 12; Kiel &amp; &lt;b&gt;" in html.replace("\r\n", "\n")
    bodies = [asked.document for asked in engine.web.asked]
    assert "12 Kiel & <b>" in [each.get("text") for each in bodies]
    assert {"item": "Mill\nwheel"} in bodies


async def test_whoever_came_by_hand_and_submitted_nothing_gets_the_fall_backs(engine: Engine) -> None:
    await a_flow_that_tells(engine, "by-hand", kind="manual")
    await engine.contacts("bea", mobile="+4915112345679")

    await engine.suggests("by-hand", "bea")

    subject, html = mail_to(engine, "bea")
    assert subject == "Hello"
    assert "something for ; nowhere" in html


async def test_a_forgotten_contacts_submission_is_told_no_more(engine: Engine) -> None:
    await a_flow_that_tells(engine, "after", kind="chat_started")
    await engine.contacts("cid")
    await engine.happens("form.submitted", "cid", form="rsvp", fields={"town": "Kiel"})
    await engine.call("POST", "/v1/operations/forget", json={"contact": "cid"})
    await engine.contacts("cid")

    await engine.happens("chat.started", "cid", amount=1)

    assert "; nowhere" in mail_to(engine, "cid")[1]


async def test_a_tag_that_names_nothing_is_told_with_its_field(engine: Engine) -> None:
    content = {"name": "x", "subject": "{{ event }}", "html": "<p>{{ evnt.amount }}</p>"}
    answer = await engine.ask("PUT", "/v1/contents/wrong", json=content)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/subject", "#/html"]

    flow = a_flow().mailing().step("send_sms", "text", text="{{ fields }} {{ filds.town }}")
    await engine.design("wrong", flow)
    checked = await engine.ask("POST", "/v1/flows/wrong/run", headers={"If-Match": '"1"'})
    told = [error["detail"] for error in checked.json()["errors"] if error["field"] == "text"]
    assert told[0].startswith("say what of the fields")
    assert told[1].startswith("there is no filds.town")
