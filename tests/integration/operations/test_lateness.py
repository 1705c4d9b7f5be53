"""Who owns what, and what is late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.domain.access import Scope
from common.messages.record import Record
from common.messages.topology import ROAD, Service
from common.ports import Commit, Parked
from tests.integration.services.engine import PARTITIONS, Engine
from tests.support.flows import a_flow

pytestmark = pytest.mark.mongo

MANUAL = {"kind": "manual"}


async def test_partitions_tell_who_owns_them_and_what_waits(engine: Engine) -> None:
    rows = (await engine.call("GET", "/v1/operations/partitions"))["items"]
    road = [row for row in rows if row["service"] in set(ROAD)]
    assert len(road) == PARTITIONS * len(ROAD)
    assert all(row["alive"] and row["owner"] and not row["waiting"] for row in road)


async def stuck(engine: Engine, late: float = 60) -> Any:
    return await engine.call("GET", "/v1/operations/stuck", params={"late": late})


async def test_nothing_is_stuck_where_nothing_is(engine: Engine) -> None:
    assert await stuck(engine) == {"participants": [], "tickets": [], "acts": []}


async def test_old_tickets_are_late_and_it_says_why(engine: Engine) -> None:
    work = engine.database["work"]
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    ticket = {"_id": "old", "service": "outside", "partition": 99, "seq": None, "at": long_ago, "records": []}
    await work.insert_one(ticket)
    (row,) = (await stuck(engine))["tickets"]
    await work.delete_one({"_id": "old"})
    assert (row["service"], row["partition"], row["tickets"]) == ("outside", 99, 1)
    assert 299 <= row["seconds"] <= 310
    assert row["reason"] == "no living outside process has partition 99: start one"


async def test_participants_that_should_have_gone_on_are_late_each_for_its_reason(engine: Engine) -> None:
    await engine.runs("late", a_flow().triggered_by(MANUAL).wait("rest", days=2))
    people = ("l-due", "l-held", "l-parked", "l-timeless", "l-fine", "l-behind")
    await engine.contacts(*people)
    await engine.suggests("late", *people)
    participants = engine.database["participants"]
    where = {p["contact"]: p for p in await engine.passages("late")}
    await edit(participants, "l-held", {"$set": {"held": True}, "$unset": {"due": ""}})
    await edit(participants, "l-parked", {"$set": {"held": True}, "$unset": {"due": ""}})
    await edit(participants, "l-timeless", {"$unset": {"due": ""}})
    await edit(participants, "l-behind", {"$set": {"run": 0}})
    await engine.process.batches.commit(
        Commit(parked=[await a_parked_timer(engine, where["l-parked"]["id"])])
    )

    reasons = {row["contact"]: row["reason"] for row in (await stuck(engine))["participants"]}

    assert reasons.keys() == {"l-held", "l-parked", "l-timeless", "l-behind"}
    assert "the resume has not reached it" in reasons["l-held"]
    assert "headrace parked list" in reasons["l-parked"]
    assert "no timer is set" in reasons["l-timeless"]
    assert "its flow has ended" in reasons["l-behind"]
    await engine.database["parked"].delete_many({})
    await participants.delete_many({"flow": "late"})


async def edit(participants: Any, contact: str, update: dict[str, Any]) -> None:
    await participants.update_one({"contact": contact}, update)


async def a_parked_timer(engine: Engine, participant: str) -> Parked:
    record = Record(
        id="timer", type="headrace.timer.fired", source="test", contact="l-parked", time=await engine.now(),
        data={"participant": participant},
    )  # fmt: skip
    return Parked(Service.EXECUTOR, 0, record, "ValueError: broken")


async def test_a_parked_timer_fires_when_it_is_taken_up_again(engine: Engine) -> None:
    await engine.runs("shelved", a_flow().triggered_by(MANUAL).wait("rest", days=2))
    await engine.contacts("l-parked")
    await engine.suggests("shelved", "l-parked")
    passage = await engine.passage("shelved", "l-parked")
    participants = engine.database["participants"]
    await participants.update_one({"_id": passage["id"]}, {"$set": {"held": True}, "$unset": {"due": ""}})
    await engine.pass_(days=2)
    row = await a_parked_timer(engine, passage["id"])
    partition = (await participants.find_one({"_id": passage["id"]}))["partition"]
    await engine.process.batches.commit(
        Commit(parked=[Parked(row.service, partition, row.record, row.error)])
    )
    (listed,) = (await engine.call("GET", "/v1/operations/parked"))["items"]

    await engine.call("POST", f"/v1/operations/parked/{listed['id']}/replay")
    await engine.drain()

    assert (await engine.passage("shelved", "l-parked"))["status"] == "finished"


async def test_operations_need_a_key_that_may_manage(engine: Engine) -> None:
    reader = await engine.key(Scope.REPORTS, Scope.EVENTS)
    for path in ("partitions", "stuck", "parked", "effects"):
        headers = {"Authorization": f"Bearer {reader}"}
        assert (await engine.ask("GET", f"/v1/operations/{path}", headers=headers)).status_code == 403
