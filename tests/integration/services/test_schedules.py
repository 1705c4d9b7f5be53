"""People suggested on the calendar: by whom it is told, at the instant itself, once, whatever becomes of the flow."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.adapters.mongo.bulk import MongoBulks
from common.adapters.mongo.schedules import SCHEDULES, MongoSchedules
from services.trigger.app import bulk_enrolments
from services.trigger.scheduler import Scheduler
from tests.integration.services.engine import Engine
from tests.integration.services.test_bulk import BULK, crowd
from tests.support.flows import FlowBuilder, a_flow, country_is

pytestmark = pytest.mark.mongo


def at_nine(selection: str, **settings: Any) -> dict[str, Any]:
    return {"kind": "scheduled", "selection": selection, "cron": "0 9 * * *", **settings}


def scheduled(*triggers: dict[str, Any]) -> FlowBuilder:
    return a_flow().triggered_by(*triggers).wait("rest", days=7)


async def nine(engine: Engine, days: int = 0) -> datetime:
    """The next nine o'clock (UTC) that is to come, or so many days behind it."""
    now = await engine.now()
    today = now.replace(hour=9, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days + (today <= now))


async def advance(engine: Engine, to: datetime) -> None:
    await engine.call("POST", "/v1/clock/advance", json={"to": to.isoformat(), "patience": 20})


async def listed(engine: Engine, flow: str) -> list[dict[str, Any]]:
    answer = await engine.call("GET", "/v1/enrolments/schedules", params={"flow": flow})
    return list(answer["items"])


async def bulks(engine: Engine, flow: str) -> list[dict[str, Any]]:
    return list((await engine.call("GET", BULK, params={"flow": flow}))["items"])


async def edited(engine: Engine, flow_id: str, flow: FlowBuilder) -> None:
    etag = (await engine.ask("GET", f"/v1/flows/{flow_id}")).headers["ETag"]
    body = flow.build().model_dump(mode="json", exclude_unset=True)
    await engine.call("PUT", f"/v1/flows/{flow_id}", json=body, headers={"If-Match": etag})


async def ends(engine: Engine, flow: str) -> None:
    """Let nothing of it come in the way of other tests."""
    await engine.act(flow, "end")


async def test_everybody_on_the_list_comes_in_at_the_instant_and_why_says_by_what(engine: Engine) -> None:
    await crowd(engine, "sch-list", 40)
    await engine.runs("sch-list", scheduled(at_nine("sch-list")).having(timezone="Europe/Berlin"))
    (schedule,) = await listed(engine, "sch-list")
    due = datetime.fromisoformat(schedule["due"])

    await advance(engine, due - timedelta(milliseconds=1))
    assert await engine.passages("sch-list") == []
    await advance(engine, due)

    passages = await engine.passages("sch-list")
    assert len({p["contact"] for p in passages}) == len(passages) == 40
    assert {p["enrolled_at"] for p in passages} == {schedule["due"]}
    told = await engine.why("sch-list-7", "sch-list")
    assert f"selection sch-list, triggers[0] due at {due:%Y-%m-%d} 09:00 Europe/Berlin" in told
    await ends(engine, "sch-list")


async def test_it_comes_again_and_the_list_tells_what_came_of_it(engine: Engine) -> None:
    await crowd(engine, "sch-again", 5)
    await engine.runs("sch-again", scheduled(at_nine("sch-again")))
    first = await nine(engine)
    await advance(engine, first + timedelta(days=2, hours=1))

    begun = await bulks(engine, "sch-again")
    days = [datetime.fromisoformat(bulk["started_at"]) for bulk in begun]
    assert days == [first + timedelta(days=n) for n in (2, 1, 0)]
    assert [(b["enrolled"], b["refused"]) for b in begun] == [
        (0, {"already_in_flow": 5}), (0, {"already_in_flow": 5}), (5, {})
    ]  # fmt: skip
    (schedule,) = await listed(engine, "sch-again")
    assert schedule["bulk"] == begun[0]["id"]
    assert datetime.fromisoformat(schedule["last"]["at"]) == days[0]
    assert (schedule["last"]["skipped"], schedule["last"]["missed_since"]) == (None, None)
    assert datetime.fromisoformat(schedule["due"]) == first + timedelta(days=3)
    await ends(engine, "sch-again")


async def test_a_saved_search_is_asked_as_of_the_instant(engine: Engine) -> None:
    await crowd(engine, "sch-search", 3, country="LU")
    search = {"name": "LU", "kind": "dynamic", "criteria": country_is("LU")}
    await engine.call("PUT", "/v1/selections/sch-lu", json=search)
    await engine.runs("sch-search", scheduled(at_nine("sch-lu")))
    await crowd(engine, "sch-later", 2, country="LU")

    await advance(engine, await nine(engine))

    assert len(await engine.passages("sch-search")) == 5
    await ends(engine, "sch-search")


async def test_a_day_comes_once(engine: Engine) -> None:
    await crowd(engine, "sch-day", 3)
    day = await nine(engine, days=2)
    trigger = {"kind": "scheduled", "selection": "sch-day", "day": f"{day:%Y-%m-%d}", "time": "09:00"}
    await engine.runs("sch-day", scheduled(trigger))

    await advance(engine, day + timedelta(days=3))

    assert [datetime.fromisoformat(b["started_at"]) for b in await bulks(engine, "sch-day")] == [day]
    (schedule,) = await listed(engine, "sch-day")
    assert schedule["due"] is None
    await ends(engine, "sch-day")


async def test_a_paused_flow_takes_them_into_its_queue_by_what_it_was_frozen_with(engine: Engine) -> None:
    await crowd(engine, "sch-pause", 3)
    await crowd(engine, "sch-others", 2)
    await engine.runs("sch-pause", scheduled(at_nine("sch-pause")))
    await engine.act("sch-pause", "pause")
    await edited(engine, "sch-pause", scheduled(at_nine("sch-others")))

    await advance(engine, await nine(engine))
    assert [p["step"] for p in await engine.passages("sch-pause")] == ["start"] * 3

    await engine.act("sch-pause", "resume")
    await advance(engine, await nine(engine))
    assert len(await engine.passages("sch-pause")) == 5
    await ends(engine, "sch-pause")


async def test_with_its_end_nothing_of_a_flow_is_due_any_more(engine: Engine) -> None:
    await crowd(engine, "sch-end", 3)
    await engine.runs("sch-end", scheduled(at_nine("sch-end")))
    await engine.act("sch-end", "end")

    await advance(engine, await nine(engine, days=2))

    assert await bulks(engine, "sch-end") == []
    assert await listed(engine, "sch-end") == []
    assert await engine.database[SCHEDULES].count_documents({"flow": "sch-end"}) == 0


async def test_while_the_one_before_is_not_over_an_instant_is_skipped_and_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.adapters.mongo.bulk.CHUNK", 2)
    await crowd(engine, "sch-slow", 300)
    await engine.runs("sch-slow", scheduled(at_nine("sch-slow")))
    first = await nine(engine)
    await engine.process.clock.move_to(first)
    (bulk,) = await eventually_one(engine, "sch-slow")
    await engine.call("POST", f"{BULK}/{bulk['id']}/pause")

    await advance(engine, first + timedelta(days=1))
    (schedule,) = await listed(engine, "sch-slow")
    assert schedule["last"]["skipped"] == "still_going_on"
    assert len(await bulks(engine, "sch-slow")) == 1

    await engine.call("POST", f"{BULK}/{bulk['id']}/resume")
    await advance(engine, first + timedelta(days=2))
    assert len(await engine.passages("sch-slow")) == 300
    assert len(await bulks(engine, "sch-slow")) == 2
    await ends(engine, "sch-slow")


async def eventually_one(engine: Engine, flow: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(20):
        while True:
            if found := await bulks(engine, flow):
                return found
            await asyncio.sleep(0.005)


async def test_instants_that_were_missed_are_made_up_once_the_latest_alone(engine: Engine) -> None:
    """The clock leaps, as it does for whoever was switched off."""
    await crowd(engine, "sch-missed", 3)
    await engine.runs("sch-missed", scheduled(at_nine("sch-missed")))
    first = await nine(engine)
    await engine.process.clock.move_to(first + timedelta(days=5, hours=3))
    await engine.drain()

    (bulk,) = await bulks(engine, "sch-missed")
    (schedule,) = await listed(engine, "sch-missed")
    assert datetime.fromisoformat(bulk["started_at"]) == first + timedelta(days=5)
    assert datetime.fromisoformat(schedule["last"]["missed_since"]) == first
    assert datetime.fromisoformat(schedule["due"]) == first + timedelta(days=6)
    await ends(engine, "sch-missed")


async def test_of_many_who_see_an_instant_at_once_one_begins_it(engine: Engine) -> None:
    """Processes that stand still, or are killed, between looking and committing: only the commit counts."""
    await crowd(engine, "sch-race", 30)
    await engine.runs("sch-race", scheduled(at_nine("sch-race")))
    due = await nine(engine)
    process = engine.process
    store = MongoBulks(process.database, process.partitions, process.announce)
    mine = MongoSchedules(process.database, store, process.announce)
    enrolments = replace(bulk_enrolments(process, store), clock=Standing(due))  # type: ignore[arg-type]

    await asyncio.gather(*(Scheduler(mine, enrolments).look() for _ in range(8)))
    await advance(engine, due)

    (bulk,) = await bulks(engine, "sch-race")
    assert (bulk["suggested"], bulk["enrolled"]) == (30, 30)
    await ends(engine, "sch-race")


class Standing:
    """A clock that shows one moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    async def now(self) -> datetime:
        return self._at


async def test_a_flow_with_half_a_schedule_is_not_run_and_is_told_what_is_missing(engine: Engine) -> None:
    etag = await engine.design("sch-half", scheduled({"kind": "scheduled", "selection": "sch-nowhere"}))
    answer = await engine.ask("POST", "/v1/flows/sch-half/run", headers={"If-Match": etag})

    assert answer.status_code == 422
    told = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    assert "there is no selection 'sch-nowhere'" in told["triggers[0].selection"]
    assert "say when" in told["triggers[0].day"]


async def test_a_schedule_that_can_not_be_read_holds_up_no_other(engine: Engine) -> None:
    await crowd(engine, "sch-odd", 2)
    await engine.runs("sch-odd", scheduled(at_nine("sch-odd")))
    due = await nine(engine)
    stored = engine.database[SCHEDULES]
    row = await stored.find_one({"flow": "sch-odd"})
    assert row is not None
    odd = row | {"_id": "a:0", "flow": "sch-gone", "trigger": {"kind": "unheard_of"}}
    await stored.insert_one(odd)
    try:
        await engine.process.clock.move_to(due)
        await eventually_one(engine, "sch-odd")
    finally:
        await stored.delete_one({"_id": "a:0"})
    await ends(engine, "sch-odd")
