"""Flows over the API: drafts, life cycle, conflicts."""

import asyncio
from typing import Any

import httpx

from common.adapters.mongo.participants import MongoParticipants
from common.domain.flow import Flow
from common.domain.ids import partition_of
from common.domain.participant import QUEUE, Participant
from common.messages.topology import FENCED_BY_EPOCH, Service
from common.ports import Commit
from services.process import Process
from tests.integration.studio.conftest import PARTITIONS, Client
from tests.support.flows import START, a_flow

PATH = "/v1/flows/winback"


def winback(**changes: Any) -> Flow:
    draft = a_flow("Win back").wait("month", days=30).mail("thanks").build()
    return Flow.model_validate(draft.model_dump() | changes)


async def set_up(studio: Client) -> None:
    await studio.content("thanks")
    await studio.flow("winback", winback())


async def somebody_inside(process: Process, run: int = 1, step: str = QUEUE) -> None:
    participant = Participant(
        id="p1", flow="winback", run=run, version=1, contact="7", cause="r1",
        partition=partition_of("7", PARTITIONS), enrolled_at=START, since=START,
        step=step,
    )  # fmt: skip
    writes = MongoParticipants(process.database).insert([participant])
    await process.batches.commit(Commit(writes=writes))


async def epochs(process: Process) -> set[int]:
    return {
        (await process.rows.look(service, partition))[1]
        for service in FENCED_BY_EPOCH
        for partition in range(PARTITIONS)
    }


def problem(answer: httpx.Response, status: int, kind: str) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:headrace:problem:{kind}"
    assert body["status"] == status
    return body


async def test_a_flow_is_created_read_and_listed(studio: Client) -> None:
    created = await studio.write(PATH, winback(description="für Käufer").model_dump(mode="json"))
    assert created.status_code == 201
    assert created.headers["etag"] == '"1"'
    flow = await studio.read(PATH)
    assert flow["state"] == "not_running"
    assert flow["allowed"] == ["delete", "edit", "run"]
    assert Flow.model_validate(flow["draft"]) == winback(description="für Käufer")
    assert [line["id"] for line in (await studio.read("/v1/flows?search=KAUFER"))["items"]] == ["winback"]
    assert (await studio.read("/v1/flows?search=somethingelse"))["items"] == []
    assert (await studio.read("/v1/flows?state=running"))["items"] == []


async def test_lists_come_in_pages(studio: Client) -> None:
    for name in ("c", "a", "b"):
        await studio.flow(name, winback())
    first = await studio.read("/v1/flows?limit=2")
    assert [line["id"] for line in first["items"]] == ["a", "b"]
    second = await studio.read(f"/v1/flows?limit=2&after={first['next']}")
    assert ([line["id"] for line in second["items"]], second["next"]) == (["c"], None)


async def test_a_change_has_to_say_what_it_was_made_from(studio: Client) -> None:
    await set_up(studio)
    body = winback(name="Other").model_dump(mode="json")
    problem(await studio.ask("PUT", PATH, json=body), 428, "if-match-needed")
    problem(await studio.ask("PUT", PATH, json=body, headers={"If-Match": '"9"'}), 412, "changed")
    problem(await studio.ask("PUT", PATH, json=body, headers={"If-None-Match": "*"}), 412, "changed")
    problem(await studio.ask("PUT", "/v1/flows/no", json=body, headers={"If-Match": '"1"'}), 412, "changed")
    changed = await studio.ask("PUT", PATH, json=body, headers={"If-Match": '"0", "1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')


async def test_the_same_draft_again_changes_nothing(studio: Client) -> None:
    await set_up(studio)
    assert (await studio.flow("winback", winback()))["revision"] == 1


async def test_a_running_flow_is_frozen_with_the_versions_of_its_contents(studio: Client) -> None:
    await studio.content("thanks")
    await studio.content("thanks", "Second")
    await studio.flow("winback", winback())
    running = await studio.done("winback", "run")
    assert (running["state"], running["version"], running["run"]) == ("running", 1, 1)
    version = await studio.read(f"{PATH}/versions/1")
    assert version["contents"] == {"thanks": 2}
    assert Flow.model_validate(version["document"]) == winback()
    book = await studio.process.stored_flows.book()
    flow = book.get("winback")
    assert flow is not None
    assert (flow.run, flow.version.version, flow.document) == (1, 1, winback())


async def test_every_problem_is_listed_with_its_step(studio: Client) -> None:
    await studio.flow("winback", winback(exclusion_lists=["nobody"]))
    body = problem(await studio.act("winback", "run"), 422, "invalid")
    assert {(error["step"], error["field"]) for error in body["errors"]} == {
        (None, "exclusion_lists[0]"),
        ("thanks", "content"),
    }
    asked = (await studio.ask("POST", f"{PATH}/validate")).json()
    assert asked == {"valid": False, "problems": body["errors"], "warnings": []}
    assert (await studio.read(PATH))["state"] == "not_running"


async def test_an_act_out_of_place_is_refused_with_what_is_allowed(studio: Client) -> None:
    await set_up(studio)
    body = problem(await studio.act("winback", "pause"), 409, "wrong-state")
    assert (body["state"], body["allowed"]) == ("not_running", ["delete", "edit", "run"])
    await studio.done("winback", "run")
    problem(await studio.act("winback", "run"), 409, "wrong-state")
    body = problem(await studio.write(PATH, winback(name="X").model_dump(mode="json")), 409, "wrong-state")
    assert body["allowed"] == ["end", "pause"]
    tag = {"If-Match": studio.tags[PATH]}
    problem(await studio.ask("DELETE", PATH, headers=tag), 409, "wrong-state")
    problem(await studio.act("nothing", "run"), 404, "not-found")


async def test_once_an_act_has_answered_every_partition_knows_it(studio: Client) -> None:
    await set_up(studio)
    for number, act in enumerate(("run", "pause", "resume", "end"), start=1):
        await studio.done("winback", act)
        assert await epochs(studio.process) == {number}
        assert (await studio.process.stored_flows.book()).epoch == number


async def test_resume_and_end_reach_every_partition_of_the_executor(studio: Client) -> None:
    await set_up(studio)
    for act in ("run", "pause", "resume", "end"):
        await studio.done("winback", act)
    for partition in range(PARTITIONS):
        tickets = await studio.process.work.waiting_for(Service.EXECUTOR, partition, 10)
        records = [record for ticket in tickets for record in ticket.records]
        assert [record.type for record in records] == ["headrace.flow.resumed", "headrace.flow.ended"]
        assert [record.data for record in records] == [{"flow": "winback", "run": 1}] * 2
    assert await studio.process.work.waiting_for(Service.TRIGGER, 0, 10) == []


async def test_a_paused_flow_goes_on_deciding_by_its_frozen_version(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    await studio.done("winback", "pause")
    await studio.flow("winback", winback(name="Changed"))
    paused = (await studio.process.stored_flows.book()).get("winback")
    assert paused is not None and paused.document.name == "Win back"
    assert (await studio.done("winback", "resume"))["version"] == 2
    resumed = (await studio.process.stored_flows.book()).get("winback")
    assert resumed is not None and resumed.document.name == "Changed"


async def test_what_has_not_changed_is_not_compiled_again(studio: Client) -> None:
    await set_up(studio)
    await studio.flow("other", winback())
    await studio.done("winback", "run")
    await studio.done("other", "run")
    flows = studio.process.stored_flows
    before = await flows.book()
    assert await flows.book() is before
    await studio.done("other", "pause")
    after = await flows.book()
    assert after.get("winback") is before.get("winback")
    assert after.get("other") is not before.get("other")
    assert after.epoch == before.epoch + 1


async def test_what_somebody_stands_on_is_locked_when_saving_and_when_resuming(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    await studio.done("winback", "pause")
    shorter = a_flow("Win back").mail("thanks").build().model_dump(mode="json")
    await studio.put(PATH, shorter)
    await somebody_inside(studio.process, step="month")
    refused = problem(await studio.act("winback", "resume"), 409, "structure-locked")
    assert refused["step"] == "month"
    assert "1 participant is there" in refused["errors"][0]["detail"]
    problem(await studio.write(PATH, shorter | {"name": "Shorter"}), 409, "structure-locked")
    longer = a_flow("Win back").mail("thanks").wait("month", days=31).wait("more", days=1).build()
    await studio.put(PATH, longer.model_dump(mode="json"))
    await studio.done("winback", "resume")
    version = await studio.process.stored_flows.version("winback", 2)
    assert version is not None and version.changed_waits == {"month": 2}


async def test_newcomers_in_the_queue_lock_nothing(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    await somebody_inside(studio.process)
    await studio.done("winback", "pause")
    await studio.flow("winback", a_flow("Win back").mail("thanks").build())
    assert (await studio.done("winback", "resume"))["version"] == 2


async def test_two_people_acting_at_once_do_it_once(studio: Client) -> None:
    await set_up(studio)
    answers = await asyncio.gather(*(studio.act("winback", "run") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await studio.read(PATH))["run"] == 1
    assert await studio.process.stored_flows.epoch() == 1


async def test_a_deleted_flow_is_gone_and_its_counts_go_on(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    await studio.done("winback", "end")
    problem(await studio.ask("DELETE", PATH), 428, "if-match-needed")
    gone = await studio.ask("DELETE", PATH, headers={"If-Match": studio.tags.pop(PATH)})
    assert gone.status_code == 204
    problem(await studio.ask("GET", PATH), 404, "not-found")
    assert (await studio.read("/v1/flows"))["items"] == []
    assert (await studio.read(f"{PATH}/versions/1"))["version"] == 1
    again = await studio.flow("winback", winback())
    assert again["revision"] > 3
    running = await studio.done("winback", "run")
    assert (running["version"], running["run"]) == (2, 2)


async def test_a_bad_document_is_refused_field_by_field(studio: Client) -> None:
    body = winback().model_dump(mode="json")
    body["steps"][1]["contnet"] = body["steps"][1].pop("content")
    body["timezone"] = "Mars/Phobos"
    errors = problem(await studio.write(PATH, body), 422, "invalid")["errors"]
    assert {error["pointer"] for error in errors} == {
        "#/timezone",
        "#/steps/1/contnet",
    }


async def test_what_no_document_store_can_hold_is_refused_politely(studio: Client) -> None:
    body = winback().model_dump(mode="json")
    body["filter"] = [{"type": "number", "field": "contact.custom.n", "op": "eq", "value": 10**30}]
    problem(await studio.write(PATH, body), 422, "invalid")


async def test_the_schema_is_open_to_all(studio: Client) -> None:
    schema = await studio.read("/v1/schema/flow")
    assert schema["title"] == "Headrace flow"
    openapi = await studio.read("/openapi.json")
    assert "/v1/flows/{flow}/run" in openapi["paths"]
