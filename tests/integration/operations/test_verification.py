"""Reports equal the truth, which is worked out anew; what does not is found, and put right."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from bson.decimal128 import Decimal128

from common.adapters.mongo.report_rows import FACT_TABLES
from common.adapters.mongo.retention import Kept, MongoRetention
from common.domain.report_tables import FACTS
from services.reporting.pieces import CountsChecked
from services.reporting.verification import Verification
from services.reporting.versions import Versions
from tests.integration.services.engine import Engine, an_engine
from tests.support.flows import a_flow, a_path, line
from tests.support.mongod import TestMongod

pytestmark = pytest.mark.mongo

PEOPLE = [f"person-{n}" for n in range(24)]
CLICK = {"kind": "link_clicked", "link": "offer"}
ORDER = {"kind": "order_placed"}
SALE = {"kind": "sale_sold"}


def a_winding_flow() -> Any:
    """Waits, a split, mails, an exit; success by a sale created, which does not end it."""
    keen = a_path("keen-").mail("hello", step_id="keen-mail").wait("keen-rest", days=2)
    return (
        a_flow()
        .triggered_by(ORDER)
        .having(timezone="Asia/Kathmandu")
        .filtered(line("contact.country", "is_not", "NO"))
        .succeeding_by({"kind": "sale_created"}, move_to_finish=False)
        .mail("hello", step_id="first")
        .wait_for(CLICK, step_id="act", max_wait={"days": 3}, on_timeout="exit")
        .split({"keen": ([line("contact.category", "is", "keen")], keen)}, step_id="which")
        .wait("rest", days=1)
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """An installation in which a good deal has happened."""
    mongod.start()
    folder: Path = tmp_path_factory.mktemp("verified")
    async with an_engine(mongod.url, f"test_{uuid4().hex[:12]}", folder) as engine:
        await engine.content("hello")
        await engine.runs("winding", a_winding_flow())
        await engine.runs("plain", a_flow().triggered_by(SALE).wait("month", days=30))
        await live(engine, random.Random(11))
        yield engine


async def live(engine: Engine, dice: random.Random) -> None:
    for person in PEOPLE:
        await engine.contacts(
            person, country=dice.choice(["SE", "NO", "DE"]), category=dice.choice(["keen", "cool"])
        )
    for day in range(8):
        for person in dice.sample(PEOPLE, 12):
            await something(engine, dice, person)
        if day == 3:
            await engine.act("winding", "pause")
        if day == 4:
            await engine.act("winding", "resume")
        await engine.pass_(hours=dice.randrange(12, 40))
    (first, second, *_) = await engine.passages("winding")
    await engine.call("DELETE", f"/v1/participants/{first['id']}")
    await engine.call("POST", "/v1/operations/forget", json={"contact": second["contact"]})
    await engine.act("plain", "end")
    await engine.drain()


async def something(engine: Engine, dice: random.Random, person: str) -> None:
    mails = [e["_id"] async for e in engine.database["effects"].find({"contact": person})]
    effect = dice.choice(mails) if mails else None
    amount = dice.randrange(10_000) / 100
    kind = dice.choice(["order", "sold", "created", "click", "bot", "open", "bounce"])
    if kind == "order":
        await engine.posts("order.placed", person, amount=amount, currency="sek")
    elif kind in ("sold", "created"):
        await engine.posts(f"sale.{kind}", person, amount=amount)
    elif kind == "bounce" and effect:
        await engine.posts("mail.bounced", person, effect=effect, reason="full")
    elif effect:
        told = {"bot": True, "sign": "soon"} if kind == "bot" else {}
        event = "mail.opened" if kind == "open" else "link.clicked"
        link = {} if kind == "open" else {"link": "offer"}
        await engine.posts(event, person, effect=effect, **link, **told)


async def verified(engine: Engine, *, repair: bool = False) -> list[dict[str, Any]]:
    answer = await engine.ask("POST", "/v1/reports/verification", json={"repair": repair})
    assert answer.status_code == 200, answer.text
    lines = [json.loads(text) for text in answer.text.splitlines()]
    assert lines[-1]["looked"] == "all"
    await engine.drain()
    return lines


def off(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    faults = ("missing", "surplus", "changed", "differences", "unlike")
    return [each for each in lines if any(each.get(name) for name in faults)]


async def test_figures_equal_the_truth_after_all_that_happened(lived: Engine) -> None:
    database = lived.process.database
    kept = {table.name: await database[table.name].count_documents({}) for table in FACTS}
    assert [name for name, rows in kept.items() if not rows] == []

    lines = await verified(lived)

    assert off(lines) == []
    assert lines[-1]["equal"]
    looked = sum(each["contacts"] for each in lines if each["looked"] == "facts")
    assert looked == len(PEOPLE) - 1, "all but the one who was forgotten"
    assert {each["flow"] for each in lines if each["looked"] == "counts"} == {"winding", "plain"}


@pytest.mark.parametrize(
    ("collection", "change"),
    [
        ("report_flow_rollups", {"$inc": {"enrolled": 3}}),
        ("report_step_rollups", {"$inc": {"seconds": -5}}),
        ("report_content_rollups", {"$inc": {"clicked": 1, "opened": -1}}),
        ("report_revenue_rollups", {"$inc": {"buyers": 1}}),
    ],
)
async def test_a_counter_that_is_off_is_found_and_put_right(
    lived: Engine, collection: str, change: dict[str, Any]
) -> None:
    before = await counts(lived, collection)
    first = next(iter(before))
    await lived.process.database[collection].update_one({"_id": first}, change)

    found = off(await verified(lived))
    assert [each["differences"] for each in found] == [len(change["$inc"])]
    await verified(lived, repair=True)

    assert off(await verified(lived)) == []
    assert await counts(lived, collection) == before


async def test_rows_of_counts_that_are_gone_come_back(lived: Engine) -> None:
    before = await counts(lived, "report_flow_rollups")
    await lived.process.database["report_flow_rollups"].delete_many({"grain": "day"})

    await verified(lived, repair=True)

    assert await counts(lived, "report_flow_rollups") == before


@pytest.mark.parametrize("table", [t.name for t in FACTS if t.name != "report_removals"])
async def test_facts_that_were_never_kept_are_told_once_more_and_counted(lived: Engine, table: str) -> None:
    """As after an update from a release that kept none."""
    rows = lived.process.database[table]
    report = await lived.call("GET", "/v1/reports/flows/winding")
    before = {row["_id"]: without_age(row) async for row in rows.find(await theirs(lived))}
    await rows.delete_many({"_id": {"$in": list(before)}})

    await verified(lived, repair=True)  # tells what is missing, and takes it from the counts
    await verified(lived, repair=True)

    after = {row["_id"]: without_age(row) async for row in rows.find(await theirs(lived))}
    assert after == before
    assert off(await verified(lived)) == []
    assert await lived.call("GET", "/v1/reports/flows/winding") == report


async def test_a_fact_that_never_happened_is_taken_away(lived: Engine) -> None:
    rows = lived.process.database["report_exits"]
    real = await rows.find_one(await theirs(lived))
    assert real is not None
    await rows.insert_one(real | {"_id": "made-up"})

    await verified(lived, repair=True)

    assert await rows.find_one({"_id": "made-up"}) is None
    assert off(await verified(lived)) == []


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ("report_enrolments", {"contact": "somebody"}),
        ("report_step_passages", {"seconds": -7, "next_step": "nowhere"}),
        ("report_exits", {"reason": "no_email"}),
        ("report_messages", {"state": "failed", "reason": "a typing error"}),
        ("report_engagement", {"bot": True, "link": "other"}),
        ("report_revenue", {"amount": Decimal128("0.01"), "currency": "NOK"}),
    ],
)
async def test_a_row_with_other_values_than_it_had_is_found_and_replaced(
    lived: Engine, table: str, wrong: dict[str, Any]
) -> None:
    rows = lived.process.database[table]
    right = await rows.find_one(await theirs(lived), sort=[("_id", 1)])
    assert right is not None
    await rows.update_one({"_id": right["_id"]}, {"$set": wrong})

    found = off(await verified(lived))
    assert [each["changed"] for each in found if each["looked"] == "facts"] == [1]
    await verified(lived, repair=True)

    again = await rows.find_one({"_id": right["_id"]})
    assert again is not None
    assert without_age(again) == without_age(right)
    assert off(await verified(lived)) == []


@pytest.mark.parametrize(
    ("table", "about"),
    [
        *(("report_exits", {name: "nobody"}) for name in ("contact", "participant")),
        ("report_removals", {"participant": "nobody"}),
        ("report_messages", {}),
        ("report_messages", {"contact": "nobody"}),
        ("report_engagement", {"message": "none"}),
        ("report_refusals", {}),
        ("report_revenue", {}),
    ],
)
async def test_a_fact_that_is_nobody_s_is_found_and_goes(
    lived: Engine, table: str, about: dict[str, str]
) -> None:
    rows = lived.process.database[table]
    real = await rows.find_one({} if table == "report_removals" else await theirs(lived))
    assert real is not None
    await rows.insert_one(real | about | {"_id": "made-up"})

    assert sum(each.get("surplus", 0) for each in await verified(lived)) == 1
    await verified(lived, repair=True)

    assert await rows.find_one({"_id": "made-up"}) is None
    assert off(await verified(lived)) == []


async def test_steps_that_are_not_as_their_version_says_are_put_right(lived: Engine) -> None:
    steps = lived.process.database["report_steps"]
    before = [row async for row in steps.find().sort("_id", 1)]
    await steps.update_one({"_id": before[0]["_id"]}, {"$set": {"kind": "pause_for_thought"}})
    await steps.delete_one({"_id": before[1]["_id"]})
    await steps.insert_one(before[2] | {"_id": "winding:1:gone"})

    assert sum(each.get("unlike", 0) for each in await verified(lived)) == 3
    await verified(lived, repair=True)

    assert [row async for row in steps.find().sort("_id", 1)] == before


async def test_counts_are_the_same_however_small_the_pieces(
    lived: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.pieces.FACTS_AT_ONCE", 3)
    rows = lived.process.database["report_step_rollups"]
    hour = await rows.find_one({"grain": "hour", "entered": {"$gt": 0}}, sort=[("_id", -1)])
    assert hour is not None
    await rows.update_one({"_id": hour["_id"]}, {"$inc": {"entered": 2}})

    (found,) = off(await verified(lived))
    assert found["shown"][0]["grain"] == "hour"
    await verified(lived, repair=True)

    lines = await verified(lived)
    assert off(lines) == []
    assert await rows.find_one({"_id": hour["_id"]}) == hour
    assert len([each for each in lines if each["looked"] == "counts" and "partition" in each]) > 16


async def test_a_rebuild_that_was_killed_goes_on_where_it_is_run_again(lived: Engine) -> None:
    before = await counts(lived, "report_step_rollups")
    await lived.process.database["report_step_rollups"].delete_many({})
    await lived.process.database["report_exits"].delete_many(await theirs(lived))
    process = lived.process
    versions = Versions(process.stored_flows, None)
    killed = Verification(process.database, versions, process.batches, process.partitions)
    async with aclosing(killed.run(repair=True)) as looks:
        async for checked in looks:
            if isinstance(checked, CountsChecked):
                break
    await verified(lived, repair=True)
    await verified(lived, repair=True)

    assert off(await verified(lived)) == []
    assert await counts(lived, "report_step_rollups") == before


async def test_counting_goes_on_while_it_is_put_right(lived: Engine) -> None:
    """What is told and counted meanwhile is neither missed nor taken for a difference."""
    database = lived.process.database
    await database["report_flow_rollups"].delete_many({"grain": "hour"})
    await database["report_content_rollups"].update_many({}, {"$inc": {"clicks": 1}})
    going = True

    async def life() -> int:
        dice, number = random.Random(5), 0
        while going:
            await something(lived, dice, dice.choice(PEOPLE))
            number += 1
        return number

    living = asyncio.create_task(life())
    try:
        for _ in range(2):
            await lived.ask("POST", "/v1/reports/verification", json={"repair": True})
        busy = await lived.ask("POST", "/v1/reports/verification", json={})
    finally:
        going = False
        happened = await living
    await lived.drain()

    assert happened > 5
    assert off([json.loads(text) for text in busy.text.splitlines()]) == []
    assert off(await verified(lived)) == []


async def test_verifying_is_for_keys_that_may_manage(lived: Engine) -> None:
    key = await lived.key("reports")  # type: ignore[arg-type]
    answer = await lived.ask(
        "POST", "/v1/reports/verification", json={}, headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 403


async def test_what_has_gone_with_its_time_is_neither_missed_nor_too_much(lived: Engine) -> None:
    """The last, since it takes away what the others look at: each for a time of its own."""
    database = lived.process.database
    retention, later = MongoRetention(database), datetime.now(UTC) + timedelta(days=1)
    for kept in (Kept.EVENTS, Kept.EFFECTS, Kept.DECISIONS):
        assert await retention.remove(kept, later, 30)
        assert off(await verified(lived)) == [], kept
    for table in FACT_TABLES:
        await retention._remove(Kept.FACTS, table, later, 4)
        assert off(await verified(lived)) == [], table
    enrolments = database["report_enrolments"]
    (last,) = [row async for row in enrolments.find(await theirs(lived)).sort("at", -1).limit(1)]
    await enrolments.update_one({"_id": last["_id"]}, {"$set": {"contact": "somebody"}})

    (found,) = off(await verified(lived))
    assert found["changed"] == 1, "what is kept is looked at as before"


async def theirs(engine: Engine) -> dict[str, Any]:
    """The rows of those who were not forgotten."""
    everybody = engine.database["contacts"].find({"partition": {"$gte": 0}}, {"_id": 1})
    contacts = [row["_id"] async for row in everybody]
    return {"flow": {"$in": ["plain", "winding"]}, "contact": {"$in": contacts}}


async def counts(engine: Engine, collection: str) -> dict[str, dict[str, Any]]:
    """Without what comes to nothing."""
    rows = engine.database[collection].find({"grain": {"$exists": True}}).sort("_id", 1)
    plain = {
        row.pop("_id"): {name: v for name, v in row.items() if v not in (0, NOTHING)} async for row in rows
    }
    return {row: values for row, values in plain.items() if set(values) - ABOUT}


NOTHING = Decimal128("0")
ABOUT = {
    "v",
    "grain",
    "start",
    "partition",
    "flow",
    "run",
    "step",
    "channel",
    "content",
    "kind",
    "currency",
    "window",
}


def without_age(row: dict[str, Any]) -> dict[str, Any]:
    """Of an order, the version in which the passage stood when it came is kept nowhere else."""
    left = {"kept_at"} | ({"version"} if "event" in row else set())
    return {name: value for name, value in row.items() if name not in left}
