"""What a form wants of the CRM when a submission is processed."""

from typing import Any

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

EMAIL = {"kind": "contact_field", "id": "email", "label": "E-mail", "field": "email", "required": True}
TOWN = {"kind": "text", "id": "town", "label": "Town"}


def a_form(*actions: dict[str, Any]) -> dict[str, Any]:
    pages = [{"elements": [EMAIL, TOWN]}]
    return {"name": "A form", "pages": pages, "processing": "automatic", "actions": list(actions)}


async def sent(engine: Engine, form: str, **answers: str) -> None:
    answer = await engine.ask("POST", f"/r/form/{form}", json=answers, headers={"Authorization": ""})
    assert answer.is_success, answer.text
    await engine.drain()


async def requests(engine: Engine, contact: str) -> list[str]:
    made = await engine.call("GET", "/v1/requests", params={"contact": contact})
    return sorted(each["title"] for each in made["items"])


async def test_a_form_makes_requests_once_for_each_contact_or_for_each_submission(engine: Engine) -> None:
    once = {"kind": "create_request", "subject": "From {{ fields.town }}"}
    each = {"kind": "create_request", "subject": "Again from {{ event.fields.town }}", "each_time": True}
    await engine.call("PUT", "/v1/forms/asks", json=a_form(once, each))
    await engine.runs("heard", a_flow().triggered_by({"kind": "request_created"}).wait(days=1))
    await engine.contacts("ada")

    for town in ("Kiel", "Lund"):
        await sent(engine, "asks", email="ada@example.org", town=town)

    assert await requests(engine, "ada") == ["Again from Kiel", "Again from Lund", "From Kiel"]
    assert (await engine.passage("heard", "ada"))["status"] == "active"


async def test_somebody_whom_the_form_creates_gets_their_request_too(engine: Engine) -> None:
    await engine.call("PUT", "/v1/forms/new", json=a_form({"kind": "create_request", "subject": "New"}))

    await sent(engine, "new", email="nobody-yet@example.org", town="Rome")

    (submission,) = (await engine.call("GET", "/v1/submissions", params={"form": "new"}))["items"]
    assert await requests(engine, submission["contact"]) == ["New"]


async def test_what_the_crm_can_t_do_fails_by_itself(engine: Engine) -> None:
    """The built-in CRM has no scripts."""
    script = {"kind": "run_script", "script": "greet"}
    await engine.call(
        "PUT", "/v1/forms/runs", json=a_form(script, {"kind": "create_request", "subject": "x"})
    )
    await engine.contacts("cid")

    await sent(engine, "runs", email="cid@example.org")

    rows = engine.database["effects"].find({"contact": "cid"})
    assert sorted([(row["settings"]["kind"], row["state"]) async for row in rows]) == [
        ("create_request", "done"),
        ("run_script", "failed"),
    ]


async def test_a_tag_that_names_nothing_is_told_with_its_action(engine: Engine) -> None:
    wrong = {"kind": "create_request", "subject": "{{ nobody.name }}"}

    answer = await engine.ask("PUT", "/v1/forms/wrong", json=a_form(wrong))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/actions/0/subject"
