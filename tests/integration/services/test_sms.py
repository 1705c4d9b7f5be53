"""Text messages from the step to the phone, and the provider's reports back."""

import pytest

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

pytestmark = pytest.mark.mongo


async def test_a_text_message_reaches_the_phone_and_its_report_the_participant(engine: Engine) -> None:
    flow = a_flow().step("send_sms", "text", text="Hi {{ contact.first_name }}").wait(days=1)
    await engine.runs("texts", flow)
    await engine.contacts("ada", first_name="Ada", mobile="0151 12345678")

    await engine.happens("order.placed", "ada")

    (asked,) = engine.web.at("/sms")
    assert asked.document["to"] == "+4915112345678"
    assert asked.document["text"] == "Hi Ada"
    passage = await engine.passage("texts", "ada")
    assert passage["last_message"]["channel"] == "sms"
    effect = asked.document["id"]
    reports = [{"id": effect, "status": "delivered"}, {"id": "stranger", "status": "failed"}]
    taken = await engine.call("POST", "/v1/sms/reports", json=reports)
    assert taken == {"accepted": 1, "duplicates": 0, "unknown": ["stranger"]}
    again = await engine.call("POST", "/v1/sms/reports", json=reports[:1])
    assert again == {"accepted": 0, "duplicates": 1, "unknown": []}
    await engine.drain()
    (message,) = (await engine.call("GET", "/v1/messages", params={"flow": "texts"}))["messages"]
    assert message["status"] == "delivered"
    why = await engine.why("ada", "texts")
    assert "SMS of step text was taken by the SMS provider" in why
    assert "SMS of step text was reported delivered" in why


async def test_whoever_has_no_number_skips_the_step_and_is_told_why(engine: Engine) -> None:
    await engine.runs("skips", a_flow().step("send_sms", "text", text="Hi"))
    await engine.contacts("ben")
    before = len(engine.web.asked)

    await engine.happens("order.placed", "ben")

    assert len(engine.web.asked) == before
    assert (await engine.passage("skips", "ben"))["status"] == "finished"
    assert "skipped: the contact has no mobile number" in await engine.why("ben", "skips")


async def test_a_flow_whose_text_names_nothing_does_not_run(engine: Engine) -> None:
    etag = await engine.design("nicks", a_flow().step("send_sms", "text", text="Hi {{ contact.nick }}"))

    refused = await engine.ask("POST", "/v1/flows/nicks/run", headers={"If-Match": etag})

    assert refused.status_code == 422
    assert [(each["step"], each["field"]) for each in refused.json()["errors"]] == [("text", "text")]
