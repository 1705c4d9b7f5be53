"""A step's call to another system, and what is told of it."""

import pytest
from standardwebhooks import Webhook

from tests.integration.services.engine import SECRET, Engine
from tests.support.flows import a_flow

pytestmark = pytest.mark.mongo


async def test_a_call_reaches_the_other_system_and_why_tells_of_it(engine: Engine) -> None:
    body = {"name": "{{ contact.first_name }}"}
    flow = a_flow().step("call_webhook", "call", url=f"{engine.web.url}/hook", body=body)
    await engine.runs("calls", flow)
    await engine.contacts("ada", first_name="Ada")

    await engine.happens("order.placed", "ada")

    (asked,) = engine.web.at("/hook")
    assert Webhook(SECRET).verify(asked.body, dict(asked.headers)) == {"name": "Ada"}
    why = await engine.why("ada", "calls")
    assert "webhook call planned at call" in why
    assert "webhook call of step call was taken by the other side (answered 200)" in why
    assert (await engine.passage("calls", "ada"))["status"] == "finished"
