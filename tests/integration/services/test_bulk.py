"""Whole selections enrolled: everybody decided on once, stopped and taken up again, without an event a person."""

import asyncio
from typing import Any

import pytest

from tests.integration.services.engine import PARTITIONS, Engine
from tests.support.crowd import crowd as gathered
from tests.support.flows import FlowBuilder, a_flow, country_is

pytestmark = pytest.mark.mongo

BULK = "/v1/enrolments/bulk"
SMALL = "common.adapters.mongo.bulk.CHUNK"


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"}).wait("rest", days=7)


async def crowd(engine: Engine, selection: str, number: int, **fields: Any) -> None:
    """So many contacts on a selection."""
    await engine.selection(selection)
    await gathered(engine.database, selection, number, PARTITIONS, **fields)


async def start(engine: Engine, flow: str, selection: str, name: str = "once") -> dict[str, Any]:
    body = {"flow": flow, "selection": selection, "id": f"{flow}-{name}"}
    return dict(await engine.call("POST", BULK, json=body))


async def ended(engine: Engine, bulk: dict[str, Any]) -> dict[str, Any]:
    """The bulk enrolment when nothing is left to do."""
    await engine.drain()
    return dict(await engine.call("GET", f"{BULK}/{bulk['id']}"))


async def inside(engine: Engine, flow: str) -> list[str]:
    rows = engine.database["participants"].find({"flow": flow}, {"contact": 1})
    return sorted([row["contact"] async for row in rows])


async def test_everybody_on_a_list_is_enrolled_once_and_no_event_is_archived(engine: Engine) -> None:
    await engine.runs("bulk-all", by_hand())
    await crowd(engine, "bulk-all", 1_234)
    events = await engine.database["events"].count_documents({})

    told = await ended(engine, await start(engine, "bulk-all", "bulk-all"))

    assert (told["state"], told["total"], told["suggested"], told["enrolled"]) == ("done", 1234, 1234, 1234)
    assert len(set(await inside(engine, "bulk-all"))) == 1_234
    assert await engine.database["events"].count_documents({}) == events
    assert (await engine.call("GET", "/v1/reports/flows/bulk-all"))["enrolled"] == 1_234
    assert "enrolled, suggested by" in await engine.why("bulk-all-7", "bulk-all")


async def test_the_same_id_again_is_the_same_bulk_enrolment(engine: Engine) -> None:
    await engine.runs("bulk-again", by_hand())
    await crowd(engine, "bulk-again", 50)
    first = await ended(engine, await start(engine, "bulk-again", "bulk-again"))

    again = await ended(engine, await start(engine, "bulk-again", "bulk-again"))
    other = await ended(engine, await start(engine, "bulk-again", "bulk-again", "twice"))

    assert again == first
    assert (other["enrolled"], other["refused"]) == (0, {"already_in_flow": 50})
    body = {"flow": "bulk-all", "selection": "bulk-again", "id": "bulk-again-once"}
    assert (await engine.ask("POST", BULK, json=body)).status_code == 409


async def test_filter_and_exclusion_list_decide_and_refusals_are_kept(engine: Engine) -> None:
    await engine.runs("bulk-some", by_hand().filtered(*country_is("DE")).excluding("staff"))
    await crowd(engine, "bulk-some", 20)
    await crowd(engine, "bulk-se", 7, country="SE", selections=["bulk-some"])
    await crowd(engine, "bulk-st", 3, selections=["bulk-some", "staff"])

    told = await ended(engine, await start(engine, "bulk-some", "bulk-some"))

    assert (told["suggested"], told["enrolled"]) == (30, 20)
    assert told["refused"] == {"filter": 7, "exclusion_list": 3}
    assert "It was 'SE': no" in await engine.why("bulk-se-3", "bulk-some")


async def test_a_saved_search_suggests_whom_it_finds_however_rare(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.adapters.mongo.selected.SCANNED", 7)
    monkeypatch.setattr(SMALL, 5)
    await engine.runs("bulk-search", by_hand())
    await crowd(engine, "bulk-search", 100, country="AT")
    await crowd(engine, "bulk-rare", 9, country="LI")
    search = {"name": "Rare", "kind": "dynamic", "criteria": country_is("LI")}
    await engine.call("PUT", "/v1/selections/rare", json=search)

    told = await ended(engine, await start(engine, "bulk-search", "rare"))

    assert (told["state"], told["total"], told["enrolled"]) == ("done", 9, 9)
    assert await inside(engine, "bulk-search") == [f"bulk-rare-{n}" for n in range(9)]


async def test_while_it_is_paused_nobody_is_suggested_and_everybody_is_at_the_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SMALL, 5)
    await engine.runs("bulk-pause", by_hand())
    await crowd(engine, "bulk-pause", 600)
    bulk = await start(engine, "bulk-pause", "bulk-pause")

    stops = []
    for _ in range(3):
        await asyncio.sleep(0.1)
        paused = await engine.call("POST", f"{BULK}/{bulk['id']}/pause")
        assert (await ended(engine, bulk))["suggested"] == paused["suggested"]
        stops.append(paused["suggested"])
        await engine.call("POST", f"{BULK}/{bulk['id']}/resume")
        await engine.call("POST", f"{BULK}/{bulk['id']}/resume")  # twice is once

    told = await ended(engine, bulk)
    assert 0 < stops[0] < 600
    assert (told["state"], told["suggested"], told["enrolled"], told["refused"]) == ("done", 600, 600, {})
    assert (await engine.ask("POST", f"{BULK}/{bulk['id']}/pause")).status_code == 409


async def test_what_is_cancelled_stays_cancelled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SMALL, 2)
    await engine.runs("bulk-cancel", by_hand())
    await crowd(engine, "bulk-cancel", 400)
    bulk = await start(engine, "bulk-cancel", "bulk-cancel")

    cancelled = await engine.call("POST", f"{BULK}/{bulk['id']}/cancel")
    told = await ended(engine, bulk)

    assert told["state"] == "cancelled"
    assert told["suggested"] == cancelled["suggested"] < 400
    assert (await engine.ask("POST", f"{BULK}/{bulk['id']}/resume")).status_code == 409


async def test_it_stops_where_the_flow_ends(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SMALL, 2)
    await engine.runs("bulk-ended", by_hand())
    await crowd(engine, "bulk-ended", 400)
    bulk = await start(engine, "bulk-ended", "bulk-ended")

    await engine.act("bulk-ended", "end")
    told = await ended(engine, bulk)

    assert told["state"] == "flow_ended"
    assert told["suggested"] < 400
    assert (await start_refused(engine, "bulk-ended", "bulk-ended")) == 409


async def start_refused(engine: Engine, flow: str, selection: str) -> int:
    body = {"flow": flow, "selection": selection, "id": "refused"}
    return (await engine.ask("POST", BULK, json=body)).status_code


async def test_a_paused_flow_takes_them_into_its_queue(engine: Engine) -> None:
    await engine.runs("bulk-queue", by_hand())
    await engine.act("bulk-queue", "pause")
    await crowd(engine, "bulk-queue", 10)

    await ended(engine, await start(engine, "bulk-queue", "bulk-queue"))
    assert {row["step"] for row in await engine.passages("bulk-queue")} == {"start"}

    await engine.act("bulk-queue", "resume")
    assert {row["step"] for row in await engine.passages("bulk-queue")} == {"rest"}


async def test_two_at_once_share_the_road(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SMALL, 10)
    for name in ("bulk-one", "bulk-two"):
        await engine.runs(name, by_hand())
        await crowd(engine, name, 200)
    bulks = [await start(engine, name, name) for name in ("bulk-one", "bulk-two")]

    assert [(await ended(engine, bulk))["enrolled"] for bulk in bulks] == [200, 200]
    shown = await engine.call("GET", BULK, params={"flow": "bulk-two"})
    assert [row["id"] for row in shown["items"]] == [bulks[1]["id"]]


async def test_what_is_not_there_is_told(engine: Engine) -> None:
    await engine.runs("bulk-there", by_hand())
    assert await start_refused(engine, "nowhere", "staff") == 404
    assert await start_refused(engine, "bulk-there", "nowhere") == 422
    assert (
        await engine.ask("POST", BULK, json={"flow": "bulk-there", "selection": "staff"})
    ).status_code == 422
    assert (await engine.ask("GET", f"{BULK}/nowhere")).status_code == 404
