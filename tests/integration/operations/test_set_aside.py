"""One person's trouble is that person's own: documents that can't be read, in an installation at work."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow

pytestmark = pytest.mark.mongo

PARKED = "/v1/operations/parked"
MANUAL = {"kind": "manual"}


def resting() -> FlowBuilder:
    return a_flow().triggered_by(MANUAL).wait("rest", days=1).add_to("done")


async def rewrite(engine: Engine, collection: str, query: Mapping[str, Any], **fields: Any) -> None:
    """As no release of the engine would."""
    result = await engine.database[collection].update_one(query, {"$set": fields})
    assert result.modified_count == 1


async def parked(engine: Engine, contact: str) -> list[dict[str, Any]]:
    page = await engine.call("GET", PARKED, params={"limit": 1000})
    return [item for item in page["items"] if item["contact"] == contact]


async def take_up(engine: Engine, contact: str) -> None:
    (row,) = await parked(engine, contact)
    await engine.call("POST", f"{PARKED}/{row['id']}/replay")
    await engine.drain()


async def statuses(engine: Engine, flow: str) -> dict[str, str]:
    rows = engine.database["participants"].find({"flow": flow}, {"contact": 1, "status": 1})
    return {row["contact"]: row["status"] async for row in rows}


async def crowd(engine: Engine, flow: str) -> list[str]:
    """20 people who rest in the flow; the eighth's passage can't be read."""
    people = [f"{flow}-{number}" for number in range(20)]
    await engine.contacts(*people)
    await engine.runs(flow, resting())
    await engine.suggests(flow, *people)
    await rewrite(engine, "participants", {"contact": people[7]}, visits="many")
    return people


async def mend(engine: Engine, contact: str) -> None:
    await rewrite(engine, "participants", {"contact": contact}, visits=1)


async def test_an_unreadable_passage_is_set_aside_when_its_timer_comes_and_the_others_go_on(
    engine: Engine,
) -> None:
    people = await crowd(engine, "aside-due")

    await engine.pass_(days=2)

    assert await statuses(engine, "aside-due") == {
        name: "active" if name == people[7] else "finished" for name in people
    }
    (row,) = await parked(engine, people[7])
    assert "visits" in row["error"]
    stuck = await engine.call("GET", "/v1/operations/stuck", params={"late": 0})
    assert all(item["contact"] != people[7] for item in stuck["participants"]), "shown among the parked"

    await take_up(engine, people[7])
    assert len(await parked(engine, people[7])) == 1, "not mended yet: parked again"

    await mend(engine, people[7])
    await take_up(engine, people[7])
    assert (await statuses(engine, "aside-due"))[people[7]] == "finished"
    assert await parked(engine, people[7]) == []


async def test_the_end_of_a_flow_passes_over_an_unreadable_passage_and_reaches_the_others(
    engine: Engine,
) -> None:
    people = await crowd(engine, "aside-end")

    await engine.act("aside-end", "end")

    assert await statuses(engine, "aside-end") == {
        name: "active" if name == people[7] else "cancelled" for name in people
    }
    await mend(engine, people[7])
    await take_up(engine, people[7])
    assert (await statuses(engine, "aside-end"))[people[7]] == "cancelled"


async def test_a_resume_passes_over_an_unreadable_passage_and_takes_the_others_on(engine: Engine) -> None:
    people = await crowd(engine, "aside-resume")
    await mend(engine, people[7])
    await engine.act("aside-resume", "pause")
    await engine.pass_(days=2)
    await rewrite(engine, "participants", {"contact": people[7]}, visits="many")

    await engine.act("aside-resume", "resume")

    assert await statuses(engine, "aside-resume") == {
        name: "active" if name == people[7] else "finished" for name in people
    }
    await mend(engine, people[7])
    await take_up(engine, people[7])
    assert (await statuses(engine, "aside-resume"))[people[7]] == "finished"


@asynccontextmanager
async def no_place_for(engine: Engine, **document: Any) -> AsyncIterator[None]:
    """As long as it lasts, no participant can be stored that looks like this."""
    database = engine.database
    await database.command("collMod", "participants", validator={"$nor": [document]})
    try:
        yield
    finally:
        await database.command("collMod", "participants", validator={})


@pytest.mark.parametrize(("act", "status"), [("end", "cancelled"), ("resume", "finished")])
async def test_an_act_that_can_t_be_stored_for_some_reaches_the_others(
    engine: Engine, act: str, status: str
) -> None:
    flow = f"unstorable-{act}"
    people = [f"{flow}-{number}" for number in range(20)]
    await engine.contacts(*people)
    await engine.runs(flow, resting())
    await engine.suggests(flow, *people)
    await engine.act(flow, "pause")
    await engine.pass_(days=2)

    spoiling = [people[3], people[15]]
    async with no_place_for(engine, contact={"$in": spoiling}, status=status):
        await engine.act(flow, act)

    assert await statuses(engine, flow) == {name: "active" if name in spoiling else status for name in people}
    for name in spoiling:
        (row,) = await parked(engine, name)
        assert "Unstorable" in row["error"]
        await take_up(engine, name)
    assert await statuses(engine, flow) == dict.fromkeys(people, status)


@pytest.mark.parametrize("collection", ["contacts", "participants"])
async def test_of_20_records_the_one_that_meets_an_unreadable_document_is_parked(
    engine: Engine, collection: str
) -> None:
    flow = f"aside-{collection}"
    people = [f"{flow}-{number}" for number in range(20)]
    await engine.contacts(*people)
    inside = a_flow().triggered_by({"kind": "order_placed"}).wait("rest", days=9)
    await engine.runs(flow, inside)
    await engine.runs(f"{flow}-other", inside)
    await engine.suggests(f"{flow}-other", *people)
    field, key = ("revision", "_id") if collection == "contacts" else ("visits", "contact")
    await rewrite(engine, collection, {key: people[7]}, **{field: "many"})

    events = [
        {"id": f"{flow}-{name}", "type": "order.placed", "contact": name, "data": {}} for name in people
    ]
    await engine.call("POST", "/v1/events", json=events)
    await engine.drain()

    assert (await statuses(engine, flow)).keys() == {*people} - {people[7]}
    (row,) = await parked(engine, people[7])
    assert row["service"] == ("trigger" if collection == "contacts" else "executor")
    assert field in row["error"]
    await engine.call("DELETE", f"{PARKED}/{row['id']}")


async def test_of_20_timers_the_one_whose_contact_can_t_be_read_is_set_aside(engine: Engine) -> None:
    flow = "aside-timers"
    people = [f"{flow}-{number}" for number in range(20)]
    await engine.contacts(*people)
    await engine.runs(flow, a_flow().triggered_by({"kind": "manual"}).wait("rest", days=1))
    await engine.suggests(flow, *people)
    await rewrite(engine, "contacts", {"_id": people[7]}, revision="many")

    await engine.pass_(days=2)

    assert await statuses(engine, flow) == {
        name: "active" if name == people[7] else "finished" for name in people
    }
    (row,) = await parked(engine, people[7])
    assert (row["service"], "revision" in row["error"]) == ("executor", True)
    await rewrite(engine, "contacts", {"_id": people[7]}, revision=1)
    await take_up(engine, people[7])
    assert (await statuses(engine, flow))[people[7]] == "finished"


async def test_a_flow_that_can_t_be_read_stands_still_and_stops_no_other(engine: Engine) -> None:
    await engine.contacts("still-1", "still-2", "sound-1")
    resting_mail = resting().mail("hello")
    for flow in ("still", "sound"):
        await engine.runs(flow, resting_mail)
    await engine.suggests("still", "still-1")
    await engine.suggests("sound", "sound-1")
    versions = engine.database["flow_versions"]
    frozen = await versions.find_one({"_id": "still:1"})
    assert frozen is not None
    frozen["document"]["steps"][0]["kind"] = "of_a_later_release"
    await versions.insert_one(frozen | {"_id": "still:2", "version": 2})
    await rewrite(engine, "flows", {"_id": "still"}, version=2)

    await engine.runs("sound-too", resting())  # an act: the flows are read again
    await engine.suggests("still", "still-2")
    await engine.suggests("sound-too", "still-2")
    await engine.pass_(days=2)

    assert await statuses(engine, "sound") == {"sound-1": "finished"}
    assert await statuses(engine, "sound-too") == {"still-2": "finished"}
    assert await statuses(engine, "still") == {"still-1": "active"}, "not cancelled, and nobody came in"
    assert engine.mails("still-1") == []
    (unreadable,) = engine.process.flows.unreadable
    assert unreadable.id == "still" and "of_a_later_release" in str(unreadable.unreadable)

    await versions.delete_one({"_id": "still:2"})
    await rewrite(engine, "flows", {"_id": "still"}, version=1)
    await engine.act("still", "pause")
    await engine.act("still", "resume")
    assert await statuses(engine, "still") == {"still-1": "finished"}
    assert engine.mails("still-1") == ["hello"]
    assert engine.process.flows.unreadable == []
