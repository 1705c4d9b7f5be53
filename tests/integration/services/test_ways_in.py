"""Events, contacts and enrolments as they are posted: what is taken, what is refused, and how it is told."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.domain.access import Scope
from tests.integration.services.engine import Engine

CLOUD = {"Content-Type": "application/cloudevents+json"}


def order(**changes: Any) -> dict[str, Any]:
    """A good event with an id of its own."""
    event = {"id": uuid4().hex, "type": "order.placed", "contact": "buyer", "data": {"amount": 20}}
    return {name: value for name, value in (event | changes).items() if value is not ...}


async def post(engine: Engine, body: Any, **headers: str) -> httpx.Response:
    return await engine.ask("POST", "/v1/events", json=body, headers=headers)


async def post_raw(engine: Engine, body: str | bytes, kind: str = "application/json") -> httpx.Response:
    return await engine.ask("POST", "/v1/events", content=body, headers={"Content-Type": kind})


async def archived(engine: Engine, event_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await engine.database["events"].find_one({"_id": event_id})
    return found


def refusal(answer: httpx.Response) -> dict[str, str]:
    """By pointer, what was wrong, where everything was refused."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["pointer"]: error["detail"] for error in answer.json()["errors"]}


async def test_a_single_event_is_archived_before_it_is_answered(engine: Engine) -> None:
    answer = await post(engine, order(source="shop", time="2026-01-01T10:00:00.1234567+02:00"))

    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["duplicates"], told["rejected"]) == (1, 0, 0)
    kept = await archived(engine, told["records"][0]["id"])
    assert kept is not None
    assert (kept["type"], kept["source"], kept["contact"]) == ("order.placed", "shop", "buyer")
    assert kept["data"] == {"amount": 20}
    assert kept["time"] == await engine.now()
    assert kept["sent_at"] == datetime.fromisoformat("2026-01-01T08:00:00.123+00:00")


async def test_a_list_is_answered_one_by_one_and_in_order(engine: Engine) -> None:
    events = [order(), order(contact=...), order()]

    told = (await post(engine, events)).json()

    assert [row["index"] for row in told["records"]] == [0, 1, 2]
    assert {row["outcome"] for row in told["records"]} == {"accepted"}


async def test_a_cloud_event_is_taken_in_structured_mode(engine: Engine) -> None:
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "https://crm.example.org/events",
        "type": "trial.started",
        "subject": "4711",
        "datacontenttype": "application/json",
        "partitionkey": "an extension attribute",
        "data": {"plan": "small"},
    }

    answer = await post_raw(engine, json.dumps(event), CLOUD["Content-Type"])

    assert answer.status_code == 202, answer.text
    kept = await archived(engine, answer.json()["records"][0]["id"])
    assert kept is not None
    assert (kept["contact"], kept["data"]) == ("4711", {"plan": "small"})


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"type": ...}, "#/type", "is required"),
        ({"type": "two words"}, "#/type", "pattern"),
        ({"type": "headrace.flow.ended"}, "#/type", "engine's own"),
        ({"id": ...}, "#/id", "Idempotency-Key"),
        ({"id": ""}, "#/id", "at least 1 character"),
        ({"id": "line\nbreak"}, "#/id", "pattern"),
        ({"contact": 7}, "#/contact", "string"),
        ({"contact": "bell\x07"}, "#/contact", "pattern"),
        ({"contact": ..., "subject": "x" * 129}, "#/subject", "128"),
        ({"specversion": "0.3"}, "#/specversion", "pattern"),
        ({"time": "yesterday"}, "#/time", "date"),
        ({"time": "2026-01-01T10:00:00"}, "#/time", "timezone"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "#/time", "year"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "#/time", "year"),
        ({"data": [1]}, "#/data", "dictionary"),
        ({"data": {"amount": "20"}}, "#/data/amount", "number"),
        ({"data": {"amount": True}}, "#/data/amount", "number"),
        ({"data": {"$where": 1}}, "#/data/$where", "no name"),
        ({"data": {"a.b": 1}}, "#/data/a.b", "no name"),
        ({"data": {"": 1}}, "#/data/", "no name"),
        ({"data": {"deep": {"a\x00b": 1}}}, "#/data/deep/a\x00b", "no name"),
        ({"data": {"n": 2**63}}, "#/data/n", "64 bits"),
        ({"data": {"list": [1, -(2**64)]}}, "#/data/list/1", "64 bits"),
        ({"data": {"text": "x" * 64_000}}, "#/data", "bytes"),
        ({"data_base64": "AAAA"}, "#/data_base64", "JSON"),
        ({"type": "form.submitted", "data": {}}, "#/data/form", "is required"),
        ({"type": "form.submitted", "data": {"form": "No Slug"}}, "#/data/form", "pattern"),
        ({"type": "link.clicked", "data": {"link": ""}}, "#/data/link", "at least 1"),
        ({"type": "selection.added", "data": {"selection": None}}, "#/data/selection", "string"),
        ({"type": "contact.updated", "data": {"e_mail": "a@example.org"}}, "#/data/e_mail", "not a field"),
        ({"type": "contact.created", "data": {"email": "a@"}}, "#/data/email", "email"),
        ({"type": "contact.unsubscribed", "data": {"subscription_type": 5}}, "#/data/subscription_type", "string"),
    ],
)  # fmt: skip
async def test_a_bad_event_is_told_by_its_place_and_its_neighbours_go_on(
    engine: Engine, changes: dict[str, Any], pointer: str, says: str
) -> None:
    bad = order(**changes)

    alone = await post(engine, bad)
    among_others = await post(engine, [order(), bad, order()])

    told = refusal(alone)
    inside = pointer.replace("#", "#/0", 1)
    assert says.lower() in told[inside].lower()
    assert among_others.status_code == 202
    rows = among_others.json()["records"]
    assert [row["outcome"] for row in rows] == ["accepted", "rejected", "accepted"]
    assert pointer in {error["pointer"] for error in rows[1]["errors"]}


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "1e999", '"\\ud800"', '{"\\udfff": 1}', "1" + "0" * 4000, "1" + "0" * 5000],
    ids=[
        "nan",
        "infinity",
        "overflow",
        "surrogate",
        "surrogate in a name",
        "huge",
        "huger than Python reads",
    ],
)
async def test_what_no_store_can_hold_is_refused(engine: Engine, value: str) -> None:
    body = f'{{"id": "{uuid4().hex}", "type": "a.b", "contact": "c", "data": {{"x": {value}}}}}'

    answer = await post_raw(engine, body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize("depth", [11, 500, 990, 100_000])
async def test_deep_nests_are_refused(engine: Engine, depth: int) -> None:
    nest = '{"a":' * depth + "1" + "}" * depth
    for body in (f'{{"id": "x", "type": "a.b", "data": {nest}}}', "[" * depth + "]" * depth):
        answer = await post_raw(engine, body)
        assert answer.status_code == (413 if len(body) > 200_000 else 422), answer.text[:300]


@pytest.mark.parametrize("field", ["id", "type", "source", "contact", "time"])
@pytest.mark.parametrize("value", ["NaN", '"\\ud800"', "[]", "{}", "1" + "0" * 400])
async def test_no_attribute_can_be_anything_odd(engine: Engine, field: str, value: str) -> None:
    good = {"id": '"1"', "type": '"a.b"', "contact": '"c"'} | {field: value}
    body = "{" + ", ".join(f'"{name}": {text}' for name, text in good.items()) + "}"

    assert f"#/0/{field}" in refusal(await post_raw(engine, body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("", "application/json"),
        (b"\xff\xfe{}", "application/json"),
        ("id=1&type=a.b", "application/x-www-form-urlencoded"),
        ("null", "application/json"),
        ('"text"', "application/json"),
        ("[]", "application/json"),
        ("[[]]", "application/json"),
    ],
)
async def test_what_is_no_event_at_all_is_refused(engine: Engine, body: str | bytes, kind: str) -> None:
    answer = await post_raw(engine, body, kind)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("#")


async def test_json_is_taken_whatever_it_calls_itself(engine: Engine) -> None:
    answer = await post_raw(engine, json.dumps(order()), "application/x-www-form-urlencoded")

    assert answer.json()["accepted"] == 1


async def test_too_many_in_one_request_are_refused(engine: Engine) -> None:
    assert "5001 records" in refusal(await post_raw(engine, "[" + ",".join(["1"] * 5001) + "]"))["#"]


async def test_a_body_that_is_too_large_is_refused(engine: Engine) -> None:
    answer = await post_raw(engine, b" " * 200_001)

    assert answer.status_code == 413
    assert answer.json()["limit"] == 200_000


async def test_the_same_source_and_id_is_a_repeat_whatever_it_says(engine: Engine) -> None:
    first = order(source="shop")
    await post(engine, first)

    again = (await post(engine, [first | {"data": {"amount": 99}}, first | {"source": "till"}])).json()

    assert [row["outcome"] for row in again["records"]] == ["duplicate", "accepted"]
    kept = await archived(engine, again["records"][0]["id"])
    assert kept is not None and kept["data"] == {"amount": 20}


async def test_a_repeat_within_one_request_is_kept_once(engine: Engine) -> None:
    event = order()

    told = (await post(engine, [event, event])).json()

    assert [row["outcome"] for row in told["records"]] == ["accepted", "duplicate"]


async def test_repeats_alone_count_as_accepted(engine: Engine) -> None:
    event = order()
    await post(engine, event)

    answer = await post(engine, event)

    assert answer.status_code == 202
    assert answer.json()["duplicates"] == 1


async def test_an_idempotency_key_stands_in_for_ids(engine: Engine) -> None:
    events = [order(id=...), order(id=...)]
    key = {"Idempotency-Key": uuid4().hex}

    first = (await post(engine, events, **key)).json()
    again = (await post(engine, events, **key)).json()
    other = (await post(engine, events, **{"Idempotency-Key": uuid4().hex})).json()

    assert (first["accepted"], again["duplicates"], other["accepted"]) == (2, 2, 2)


async def test_all_bad_is_refused_as_a_whole_with_each_error(engine: Engine) -> None:
    told = refusal(await post(engine, [order(type=...), order(data={"amount": "x"})]))

    assert told.keys() == {"#/0/type", "#/1/data/amount"}


async def test_without_a_key_nobody_gets_in(engine: Engine) -> None:
    nobody = await post(engine, order(), Authorization="")
    stranger = await post(engine, order(), Authorization="Bearer hr_unknown")

    assert (nobody.status_code, stranger.status_code) == (401, 401)
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/events", Scope.EVENTS),
        ("PUT", "/v1/contacts", Scope.EVENTS),
        ("POST", "/v1/enrolments", Scope.EVENTS),
        ("GET", "/v1/participants?flow=none", Scope.REPORTS),
        ("GET", "/v1/why?contact=1", Scope.REPORTS),
        ("DELETE", "/v1/participants/none", Scope.MANAGE),
    ],
)
async def test_a_key_without_the_scope_is_refused_and_told_which(
    engine: Engine, method: str, path: str, scope: Scope
) -> None:
    key = await engine.key(*(set(Scope) - {scope}))

    answer = await engine.ask(method, path, json=order(), headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 403
    assert answer.json()["scope"] == scope


async def test_an_event_about_nobody_is_archived_and_stops(engine: Engine) -> None:
    told = (await post(engine, order(contact=...))).json()
    await engine.drain()

    kept = await archived(engine, told["records"][0]["id"])
    assert kept is not None and kept["contact"] is None


async def test_a_stranger_comes_into_being_bare(engine: Engine) -> None:
    await engine.happens("order.placed", "a-stranger", amount=1)

    bare = await engine.contact("a-stranger")
    for name in ("columns", "partition"):  # what queries are asked of
        del bare[name]
    assert bare == {"_id": "a-stranger", "v": 1, "revision": 1}


async def test_imported_contacts_are_merged_into_what_is_known(engine: Engine) -> None:
    put = {"id": "imported", "country": "SE", "custom": {"tier": "gold", "size": 3}}
    await engine.call("PUT", "/v1/contacts", json=[put, {"id": "imported", "country": "NO"}])
    await engine.call("PUT", "/v1/contacts", json=[{"id": "imported", "custom": {"size": None}}])
    await engine.drain()

    stored = await engine.contact("imported")
    assert (stored["country"], stored["custom"]) == ("NO", {"tier": "gold", "size": None})


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"country": "DE"}, "#/id"),
        ({"id": "1", "e-mail": "a@example.org"}, "#/e-mail"),
        ({"id": "1", "email": "nobody"}, "#/email"),
        ({"id": "1", "retired": "perhaps"}, "#/retired"),
        ({"id": "1", "custom": {"a.b": 1}}, "#/custom/a.b"),
        ({"id": "1", "custom": {"$set": 1}}, "#/custom/$set"),
        ({"id": "1", "custom": {"n": 2**70}}, "#/custom/n"),
        ({"id": "1", "company": {"custom": {"": 1}}}, "#/company/custom/"),
        ({"id": "1", "first_name": "x" * 201}, "#/first_name"),
        ({"id": "1", "custom": {"essay": "x" * 64_000}}, "#"),
        ({"id": "1", "consents": {"e_marketing": {"basis": "hope"}}}, "#/consents/e_marketing/basis"),
    ],
)
async def test_a_bad_contact_does_not_keep_its_neighbours_out(
    engine: Engine, document: dict[str, Any], pointer: str
) -> None:
    answer = await engine.ask("PUT", "/v1/contacts", json=[{"id": "a-neighbour"}, document])

    assert answer.status_code == 202, answer.text
    good, bad = answer.json()["records"]
    assert (good["outcome"], bad["outcome"]) == ("accepted", "rejected")
    assert pointer in {error["pointer"] for error in bad["errors"]}


@pytest.mark.parametrize("text", ['"\\ud800"', "NaN", '["\\udbff"]'])
async def test_a_contact_that_no_store_can_hold_is_refused(engine: Engine, text: str) -> None:
    body = f'[{{"id": "odd", "custom": {{"x": {text}}}}}]'

    answer = await engine.ask(
        "PUT", "/v1/contacts", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422, answer.text


async def test_enrolments_are_repeatable_by_id_or_by_key(engine: Engine) -> None:
    body = {"flow": "some-flow", "contacts": ["a", "b", "a"], "id": uuid4().hex}

    first = await engine.call("POST", "/v1/enrolments", json=body)
    again = await engine.call("POST", "/v1/enrolments", json=body | {"contacts": ["b", "c"]})

    assert [row["outcome"] for row in first["records"]] == ["accepted", "accepted", "duplicate"]
    assert [row["outcome"] for row in again["records"]] == ["duplicate", "accepted"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"flow": "f", "contacts": ["a"]}, "#/id"),
        ({"flow": "f", "contacts": [], "id": "1"}, "#/contacts"),
        ({"flow": "No Slug", "contacts": ["a"], "id": "1"}, "#/flow"),
        ({"flow": "f", "contacts": ["a", ""], "id": "1"}, "#/contacts/1"),
        ({"contacts": ["a"], "id": "1"}, "#/flow"),
        ({"flow": "f", "contacts": ["a"], "id": "1", "version": 3}, "#/version"),
    ],
)
async def test_a_bad_enrolment_is_told_by_its_place(engine: Engine, body: Any, pointer: str) -> None:
    assert pointer in refusal(await engine.ask("POST", "/v1/enrolments", json=body))


async def test_time_is_that_of_archiving_not_of_the_sender(engine: Engine) -> None:
    before = await engine.now()
    await engine.pass_(hours=1)

    told = (await post(engine, order(time="1990-01-01T00:00:00Z"))).json()

    kept = await archived(engine, told["records"][0]["id"])
    assert kept is not None
    assert kept["time"] == before + timedelta(hours=1)
