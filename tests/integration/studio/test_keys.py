"""Keys over the API, and the first one."""

import stat

import httpx
import pytest

from common.adapters.mongo.keys import MongoKeys
from common.runtime import keys as door
from common.runtime.keys import first_key
from services.process import Process
from tests.integration.studio.conftest import Client
from tests.integration.studio.test_flows import problem


async def with_key(studio: Client, key: str, path: str) -> httpx.Response:
    return await studio.http.get(path, headers={"Authorization": "", "X-API-Key": key})


async def test_the_first_key_lies_in_the_data_folder_for_its_owner_alone(studio: Client) -> None:
    file = studio.process.settings.key_file
    assert file.read_text().startswith("hr_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (first,) = (await studio.read("/v1/keys"))["items"]
    assert first["scopes"] == ["content", "events", "manage", "personal", "reports"]


async def test_it_is_not_made_again_while_there_is_any_key(process: Process, studio: Client) -> None:
    keys = MongoKeys(process.database)
    await first_key(keys, process.settings.key_file)
    assert len(await keys.all()) == 1


async def test_a_new_database_takes_the_key_that_is_kept(process: Process, studio: Client) -> None:
    keys = MongoKeys(process.database)
    (key,) = await keys.all()
    assert await keys.remove(key.id)
    await first_key(keys, process.settings.key_file)
    assert [again.sha256 for again in await keys.all()] == [key.sha256]


async def test_nobody_comes_in_without_a_key_that_opens_it(studio: Client) -> None:
    problem(await with_key(studio, "", "/v1/flows"), 401, "unauthorized")
    wrong = await with_key(studio, "hr_wrong", "/v1/flows")
    problem(wrong, 401, "unauthorized")
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    made = (await studio.ask("POST", "/v1/keys", json={"name": "crm", "scopes": ["events"]})).json()
    refused = problem(await with_key(studio, made["key"], "/v1/flows"), 403, "forbidden")
    assert refused["scope"] == "content or manage"


async def test_a_key_is_shown_once_and_stored_as_a_hash(studio: Client, process: Process) -> None:
    made = (await studio.ask("POST", "/v1/keys", json={"name": "bi", "scopes": ["manage"]})).json()
    assert (await with_key(studio, made["key"], "/v1/flows")).status_code == 200
    rows = [row async for row in process.database["keys"].find()]
    assert made["key"] not in str(rows)
    assert "key" not in (await studio.read("/v1/keys"))["items"][1]


async def test_a_key_that_was_taken_away_is_forgotten(
    studio: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "REMEMBERED_SECONDS", 0.0)
    made = (await studio.ask("POST", "/v1/keys", json={"name": "bi", "scopes": ["manage"]})).json()
    assert (await with_key(studio, made["key"], "/v1/flows")).status_code == 200
    assert (await studio.ask("DELETE", f"/v1/keys/{made['id']}")).status_code == 204
    problem(await with_key(studio, made["key"], "/v1/flows"), 401, "unauthorized")
    problem(await studio.ask("DELETE", f"/v1/keys/{made['id']}"), 404, "not-found")


async def test_a_key_is_changed_for_another_without_a_gap(
    studio: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "REMEMBERED_SECONDS", 0.0)
    asked = {"name": "crm", "scopes": ["manage"]}
    old = (await studio.ask("POST", "/v1/keys", json=asked)).json()
    with_old = {"headers": {"Authorization": "", "X-API-Key": old["key"]}}
    new = (await studio.http.post("/v1/keys", json=asked, **with_old)).json()
    assert (await with_key(studio, old["key"], "/v1/flows")).status_code == 200
    with_new = {"headers": {"Authorization": "", "X-API-Key": new["key"]}}
    assert (await studio.http.delete(f"/v1/keys/{old['id']}", **with_new)).status_code == 204
    problem(await with_key(studio, old["key"], "/v1/flows"), 401, "unauthorized")
    assert (await with_key(studio, new["key"], "/v1/flows")).status_code == 200


async def test_nobody_takes_away_the_key_in_hand(studio: Client) -> None:
    (own,) = (await studio.read("/v1/keys"))["items"]
    problem(await studio.ask("DELETE", f"/v1/keys/{own['id']}"), 409, "own-key")
