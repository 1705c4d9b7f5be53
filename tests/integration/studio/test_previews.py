"""Contents as contacts would get them, over the API."""

from typing import Any

import pytest

from common.adapters.mongo.contacts import CONTACTS, to_document
from tests.integration.studio.conftest import PARTITIONS, Client
from tests.integration.studio.test_flows import problem
from tests.support.flows import a_contact, a_flow

pytestmark = pytest.mark.mongo

PATH = "/v1/contents/thanks/preview"
BODY = {
    "name": "Thanks",
    "subject": 'Hi {{ contact.first_name | default: "you" }}',
    "preheader": "From {{ owner.name }}",
    "html": '<p>{{ event.amount }}</p><a href="{{ links.shop }}">Shop</a>',
    "links": {"shop": "https://example.org/shop"},
}
SETTINGS = {
    "from_name": "News",
    "from_address": "news@example.com",
    "from_whom": "our_contact",
    "reply_to_whom": "from",
}


async def known(studio: Client, **fields: Any) -> None:
    document = to_document(a_contact("5", **fields), 1, PARTITIONS)
    await studio.process.database[CONTACTS].insert_one(document)


async def asked(studio: Client, path: str = PATH, **question: Any) -> Any:
    answer = await studio.ask("POST", path, json={"contact": "5"} | question)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_stored_content_is_shown_as_its_flow_would_mail_it(studio: Client) -> None:
    await studio.put("/v1/users/7", {"name": "Ada Lind", "email": "ada@example.org"})
    await known(studio, first_name="Bo", owner="7")
    await studio.put("/v1/contents/thanks", BODY)
    await studio.flow("winback", a_flow().mailing(**SETTINGS).build())

    shown = await asked(studio, f"{PATH}?flow=winback", event={"amount": 12})

    assert (shown["version"], shown["subject"], shown["preheader"]) == (1, "Hi Bo", "From Ada Lind")
    assert shown["sender"] == {
        "name": "Ada Lind",
        "address": "ada@example.org",
        "reply_to": "ada@example.org",
    }
    assert "<p>12</p>" in shown["html"]
    assert "12" in shown["text"]
    assert shown["warnings"] == []


async def test_nothing_in_it_leads_to_what_counts(studio: Client) -> None:
    await known(studio)
    await studio.put("/v1/contents/thanks", BODY)
    shown = await asked(studio)
    assert 'href="https://example.org/shop"' in shown["html"]
    assert 'href="#unsubscribe"' in shown["html"]
    assert "/r/" not in shown["html"] + shown["text"]
    assert await studio.process.database["effects"].count_documents({}) == 0


async def test_what_is_missing_is_told(studio: Client) -> None:
    await known(studio, email=None)
    await studio.put("/v1/contents/thanks", BODY)
    shown = await asked(studio)
    assert [(each["field"], each["tag"]) for each in shown["warnings"]] == [
        ("recipient", None),
        ("sender", None),
        ("preheader", "owner.name"),
        ("html", "event.amount"),
    ]
    assert (shown["sender"], shown["recipient"]) == (None, None)


async def test_a_content_is_shown_before_it_is_saved(studio: Client) -> None:
    await known(studio, first_name="Bo")
    shown = await asked(studio, content=BODY | {"subject": "Dear {{ contact.first_name }}"})
    assert (shown["version"], shown["subject"]) == (None, "Dear Bo")
    problem(await studio.ask("GET", "/v1/contents/thanks"), 404, "not-found")

    wrong = {"contact": "5", "content": BODY | {"subject": "Hi {{ contact.frist_name }}"}}
    (error,) = problem(await studio.ask("POST", PATH, json=wrong), 422, "invalid")["errors"]
    assert error["pointer"] == "#/content/subject"


async def test_what_is_not_there_is_named(studio: Client) -> None:
    async def refused(question: dict[str, Any], path: str = PATH) -> str:
        answer = problem(await studio.ask("POST", path, json=question), 404, "not-found")
        return str(answer["detail"])

    assert "content" in await refused({"contact": "5"})
    await studio.put("/v1/contents/thanks", BODY)
    assert "contact '5'" in await refused({"contact": "5"})
    assert "thanks:9" in await refused({"contact": "5", "version": 9})
    assert "flow 'none'" in await refused({"contact": "5"}, f"{PATH}?flow=none")


async def test_it_takes_the_rights_for_contents_and_for_contacts(studio: Client) -> None:
    await known(studio)
    await studio.put("/v1/contents/thanks", BODY)

    async def status(*scopes: str) -> int:
        made = (await studio.ask("POST", "/v1/keys", json={"name": "k", "scopes": list(scopes)})).json()
        headers = {"Authorization": f"Bearer {made['key']}"}
        return (await studio.http.post(PATH, json={"contact": "5"}, headers=headers)).status_code

    assert await status("content") == 403
    assert await status("reports") == 403
    assert await status("content", "reports") == 200


async def test_a_persons_key_takes_no_sender_from_a_flow_that_it_does_not_see(studio: Client) -> None:
    await known(studio)
    await studio.put("/v1/contents/thanks", BODY)
    flow = a_flow().mailing(**SETTINGS).having(owner="7", visible_for="owner")
    await studio.flow("winback", flow.build())
    question = {"name": "k", "scopes": ["content", "reports"], "user": "8"}
    made = (await studio.ask("POST", "/v1/keys", json=question)).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    hidden = await studio.http.post(f"{PATH}?flow=winback", json={"contact": "5"}, headers=headers)
    problem(hidden, 404, "not-found")


async def test_the_step_s_own_subject_is_shown(studio: Client) -> None:
    await known(studio, first_name="Bo")
    await studio.put("/v1/contents/thanks", BODY)
    flow = a_flow().mailing(**SETTINGS)
    flow.step("send_email", "first", content="thanks", subject="For {{ contact.first_name }}")
    await studio.flow("winback", flow.build())
    shown = await asked(studio, f"{PATH}?flow=winback")
    assert (shown["step"], shown["subject"]) == ("first", "For Bo")

    await studio.flow("winback", flow.step("send_email", "second", content="thanks").build())
    shown = await asked(studio, f"{PATH}?flow=winback")
    assert (shown["step"], shown["subject"]) == (None, "Hi Bo")
    (warning,) = [each for each in shown["warnings"] if each["field"] == "subject"]
    assert "(first, second)" in warning["detail"]
    assert (await asked(studio, f"{PATH}?flow=winback&step=first"))["subject"] == "For Bo"
    assert (await asked(studio, f"{PATH}?flow=winback&step=second"))["subject"] == "Hi Bo"

    for query, words in (("flow=winback&step=third", "these do: first, second"), ("step=first", "`flow`")):
        answer = await studio.ask("POST", f"{PATH}?{query}", json={"contact": "5"})
        (error,) = problem(answer, 422, "invalid")["errors"]
        assert error["parameter"] == "step"
        assert words in error["detail"]


async def test_settings_and_a_subject_are_tried_before_they_are_saved(studio: Client) -> None:
    await known(studio, first_name="Bo")
    await studio.put("/v1/contents/thanks", BODY)
    await studio.flow("winback", a_flow().mailing(**SETTINGS).mail("thanks").build())
    email = {"from_name": "Shop", "from_address": "shop@example.com"}
    shown = await asked(studio, f"{PATH}?flow=winback", email=email, subject="{{ contact.first_name }}!")
    assert (shown["subject"], shown["sender"]["address"]) == ("Bo!", "shop@example.com")
    assert (await asked(studio, email=email))["sender"]["name"] == "Shop"
