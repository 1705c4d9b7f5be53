"""Whom conditions would fit: counted and shown over HTTP."""

from typing import Any

import pytest

from common.domain.access import Scope
from tests.integration.services.engine import Engine

pytestmark = pytest.mark.mongo


def line(field: str, op: str, value: Any, kind: str = "list") -> dict[str, Any]:
    return {"field": field, "type": kind, "op": op, "value": value}


NORTH = line("contact.custom.area", "one_of", ["segment-north"])


async def asked(engine: Engine, criteria: Any, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await engine.call("POST", "/v1/segments", json={"criteria": criteria, **more})
    return answer


async def test_whom_conditions_fit_is_counted_exactly_and_shown_with_the_values_seen(engine: Engine) -> None:
    await engine.contacts("seg1", "seg2", custom={"area": "segment-north"}, company={"name": "Kvarn"})
    await engine.contacts("seg3", custom={"area": "segment-south"})

    found = await asked(engine, [NORTH])

    assert found["count"] == 2 and found["next"] is None
    assert found["at"] == (await engine.call("GET", "/v1/clock"))["now"]
    assert [c["id"] for c in found["contacts"]] == ["seg1", "seg2"]
    assert found["contacts"][0]["email"] == "seg1@example.org"
    assert found["contacts"][0]["company"] == "Kvarn"
    (seen,) = found["contacts"][0]["seen"]
    assert (seen["field"], seen["value"], seen["holds"]) == (
        "contact.custom.area", "segment-north", True
    )  # fmt: skip


async def test_groups_are_joined_by_or_and_lines_by_and(engine: Engine) -> None:
    await engine.contacts("or1", custom={"side": "or-left"})
    await engine.contacts("or2", custom={"side": "or-right"}, country="SE")
    await engine.contacts("or3", custom={"side": "or-right"}, country="NO")
    left = [line("contact.custom.side", "one_of", ["or-left"])]
    right = [line("contact.custom.side", "one_of", ["or-right"]), line("contact.country", "one_of", ["SE"])]

    found = await asked(engine, [left, right])

    assert (found["count"], [c["id"] for c in found["contacts"]]) == (2, ["or1", "or2"])


async def test_a_preview_comes_in_pages_and_the_count_is_of_all(engine: Engine) -> None:
    await engine.contacts(*(f"page{n}" for n in range(5)), custom={"area": "segment-paged"})
    criteria = [line("contact.custom.area", "one_of", ["segment-paged"])]
    shown: list[str] = []
    after = None
    while True:
        page = await asked(engine, criteria, preview=2, after=after)
        assert page["count"] == 5 and len(page["contacts"]) <= 2
        shown += [c["id"] for c in page["contacts"]]
        if (after := page["next"]) is None:
            break

    assert shown == [f"page{n}" for n in range(5)]
    bare = await asked(engine, criteria, preview=0)
    assert (bare["count"], bare["contacts"], bare["next"]) == (5, [], None)


async def test_the_current_user_is_the_owner_that_is_named(engine: Engine) -> None:
    await engine.contacts("mine", custom={"agent": "segment-eva"})
    criteria = [line("contact.custom.agent", "current_user", None, "user")]

    assert [c["id"] for c in (await asked(engine, criteria, owner="segment-eva"))["contacts"]] == ["mine"]
    assert (await asked(engine, criteria))["count"] == 0


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        ({}, "#/criteria", "required"),
        ({"criteria": [line("event.amount", "gt", 3, "number")]}, "#/criteria", "event.amount"),
        ({"criteria": [line("contact.country", "is", {"$gt": ""}, "text")]}, "#/criteria/0/value", "string"),
        ({"criteria": [line("contact.nowhere", "one_of", ["x"])]}, "#/criteria/0", "contact.nowhere"),
        ({"criteria": [NORTH], "timezone": "Mars/Base"}, "#/timezone", "IANA"),
        ({"criteria": [NORTH], "preview": 101}, "#/preview", "100"),
        ({"criteria": [NORTH], "filter": []}, "#/filter", ""),
    ],
)
async def test_a_question_that_makes_no_sense_is_told_by_its_place(
    engine: Engine, body: dict[str, Any], pointer: str, says: str
) -> None:
    answer = await engine.ask("POST", "/v1/segments", json=body)

    assert answer.status_code == 422
    first = answer.json()["errors"][0]
    assert first["pointer"].startswith(pointer) and says in first["detail"]


async def test_it_takes_a_key_that_may_read(engine: Engine) -> None:
    for scope, status in ((Scope.REPORTS, 200), (Scope.EVENTS, 403)):
        key = await engine.key(scope)
        answer = await engine.ask(
            "POST", "/v1/segments", json={"criteria": [NORTH]}, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == status
