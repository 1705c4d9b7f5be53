"""Contents and selections over the API."""

import httpx

from tests.integration.studio.conftest import Client
from tests.integration.studio.test_flows import problem, set_up

PATH = "/v1/contents/thanks"


async def test_each_change_is_a_version_of_its_own(studio: Client) -> None:
    await studio.content("thanks", "One")
    await studio.content("thanks", "Two")
    assert (await studio.read(PATH))["version"] == 2
    assert (await studio.read(f"{PATH}?version=1"))["body"]["subject"] == "One"
    assert (await studio.read("/v1/contents"))["items"] == [{"id": "thanks", "version": 2}]
    assert (await studio.content("thanks", "Two"))["version"] == 2
    problem(await studio.ask("GET", f"{PATH}?version=9"), 404, "not-found")


async def test_two_authors_do_not_overwrite_each_other(studio: Client) -> None:
    await studio.content("thanks")
    body = {"name": "x", "subject": "y", "html": "<p>z</p>"}
    problem(await studio.ask("PUT", PATH, json=body), 428, "if-match-needed")
    problem(await studio.ask("PUT", PATH, json=body, headers={"If-Match": '"7"'}), 412, "changed")


async def test_what_a_running_flow_sends_is_not_changed(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    body = {"name": "x", "subject": "y", "html": "<p>z</p>"}
    refused = problem(await studio.write(PATH, body), 409, "in-use")
    assert refused["flows"] == ["winback"]
    await studio.done("winback", "pause")
    assert (await studio.write(PATH, body)).status_code == 200


async def deleted(studio: Client, path: str = PATH) -> httpx.Response:
    return await studio.ask("DELETE", path, headers={"If-Match": studio.tags[path]})


async def test_a_deleted_content_is_gone_but_for_what_was_sent_of_it(studio: Client) -> None:
    await studio.content("thanks", "One")
    problem(await studio.ask("DELETE", PATH), 428, "if-match-needed")
    problem(await studio.ask("DELETE", PATH, headers={"If-Match": '"7"'}), 412, "changed")

    assert (await deleted(studio)).status_code == 204

    problem(await studio.ask("GET", PATH), 404, "not-found")
    problem(await deleted(studio), 404, "not-found")
    problem(await studio.ask("GET", f"{PATH}?version=2"), 404, "not-found")
    assert (await studio.read("/v1/contents"))["items"] == []
    assert (await studio.read(f"{PATH}?version=1"))["body"]["subject"] == "One"


async def test_a_content_that_takes_a_deleted_one_s_name_takes_none_of_its_versions(studio: Client) -> None:
    await studio.content("thanks", "One")
    await studio.content("other", "Another")
    await deleted(studio)
    del studio.tags[PATH]

    assert (await studio.content("thanks", "Anew"))["version"] == 3
    assert (await studio.read(f"{PATH}?version=1"))["body"]["subject"] == "One"
    await deleted(studio)
    copied = await studio.ask("POST", "/v1/contents/other/copy", json={"id": "thanks"})
    assert copied.status_code == 201
    assert (await studio.read(PATH))["version"] == 5


async def test_no_content_is_deleted_that_a_flow_names(studio: Client) -> None:
    await set_up(studio)
    refused = problem(await deleted(studio), 409, "named-by-flows")
    assert refused["flows"] == ["winback"]
    await studio.done("winback", "run")
    await studio.done("winback", "pause")
    flow = (await studio.read("/v1/flows/winback"))["draft"]
    await studio.put("/v1/flows/winback", flow | {"steps": [{"kind": "exit", "id": "out"}]})
    assert problem(await deleted(studio), 409, "named-by-flows")["flows"] == ["winback"]
    await studio.done("winback", "end")
    assert (await deleted(studio)).status_code == 204


async def test_merge_tags_that_lead_nowhere_are_named(studio: Client) -> None:
    body = {"name": "x", "subject": "Hi {{ contact.frist_name }}", "html": "<p>{{ links.offer }}</p>"}
    errors = problem(await studio.write(PATH, body), 422, "invalid")["errors"]
    assert [error["pointer"] for error in errors] == ["#/subject", "#/html"]


async def test_a_selection_is_created_and_renamed(studio: Client) -> None:
    path = "/v1/selections/staff"
    created = await studio.write(path, {"name": "Staff"})
    assert created.status_code == 201
    assert (await studio.put(path, {"name": "Our staff"}))["revision"] == 2
    assert [each["name"] for each in (await studio.read("/v1/selections"))["items"]] == ["Our staff"]
    problem(await studio.ask("PUT", path, json={"name": "X"}), 428, "if-match-needed")
    problem(await studio.ask("GET", "/v1/selections/none"), 404, "not-found")
