"""Users of the CRM over HTTP."""

from typing import Any

import pytest

from tests.integration.studio.conftest import Client

pytestmark = pytest.mark.mongo

ADA = {"name": "Ada Lind", "email": "ada@example.org", "mobile": "+46 70 123 45 67", "group": "sales"}


async def test_a_user_is_kept_as_written_and_changed_by_who_has_read_it(studio: Client) -> None:
    made = await studio.put("/v1/users/37201", ADA)
    assert (made["id"], made["available"], made["revision"]) == ("37201", True, 1)
    assert (await studio.put("/v1/users/37201", ADA))["revision"] == 1

    away = await studio.put("/v1/users/37201", ADA | {"available": False})
    assert (away["available"], away["revision"]) == (False, 2)
    assert (await studio.read("/v1/users/37201"))["email"] == "ada@example.org"
    assert (await studio.ask("PUT", "/v1/users/37201", json=ADA)).status_code == 428
    assert (
        await studio.ask("PUT", "/v1/users/37201", json=ADA, headers={"If-Match": '"1"'})
    ).status_code == 412


async def test_users_are_listed_in_pages_and_by_group(studio: Client) -> None:
    for name, group in (("a", "sales"), ("b", "support"), ("c", "sales")):
        await studio.put(f"/v1/users/{name}", ADA | {"group": group})

    first = await studio.read("/v1/users?limit=2")
    second = await studio.read(f"/v1/users?limit=2&after={first['next']}")
    assert [[each["id"] for each in page["items"]] for page in (first, second)] == [["a", "b"], ["c"]]
    assert second["next"] is None
    assert [each["id"] for each in (await studio.read("/v1/users?group=sales"))["items"]] == ["a", "c"]


async def test_an_upload_leaves_fields_alone_that_it_does_not_give(studio: Client) -> None:
    await studio.put("/v1/users/a", ADA | {"available": False})

    answer = await studio.ask("PUT", "/v1/users", json=[
        {"id": "a", "name": "Ada Lind-Berg"}, {"id": "b", "name": "Bo", "mobile": "070"},
    ])  # fmt: skip

    assert answer.json() == {"created": 1, "changed": 1}
    ada, bo = await studio.read("/v1/users/a"), await studio.read("/v1/users/b")
    assert (ada["name"], ada["available"], ada["group"], ada["revision"]) == (
        "Ada Lind-Berg",
        False,
        "sales",
        2,
    )
    assert (bo["available"], bo["email"], bo["group"], bo["revision"]) == (True, None, "", 1)


async def test_a_user_who_is_removed_leaves_nothing(studio: Client) -> None:
    await studio.put("/v1/users/a", ADA)

    assert (await studio.ask("DELETE", "/v1/users/a")).status_code == 204
    assert (await studio.ask("DELETE", "/v1/users/a")).status_code == 404
    assert (await studio.ask("GET", "/v1/users/a")).status_code == 404
    assert await studio.process.database["users"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([{"id": "a", "name": "A"}, {"id": "a", "name": "B"}], "#/1/id"),
        ([{"id": "a"}], "#/0/name"),
        ([{"id": "a", "name": "A", "email": "nobody"}], "#/0/email"),
        ([{"id": "a", "name": "A", "phone_number": "1"}], "#/0/phone_number"),
    ],
)
async def test_an_upload_that_makes_no_sense_is_refused_by_place_and_as_a_whole(
    studio: Client, body: Any, pointer: str
) -> None:
    answer = await studio.ask("PUT", "/v1/users", json=body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await studio.read("/v1/users"))["items"] == []


async def test_users_are_for_keys_that_may_manage(studio: Client) -> None:
    made = await studio.ask("POST", "/v1/keys", json={"name": "reader", "scopes": ["reports", "events"]})
    headers = {"Authorization": f"Bearer {made.json()['key']}"}

    for method, path in (("GET", "/v1/users"), ("PUT", "/v1/users"), ("DELETE", "/v1/users/a")):
        assert (await studio.http.request(method, path, json=[], headers=headers)).status_code == 403
