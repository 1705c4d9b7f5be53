"""Contents and selections over the API."""

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
