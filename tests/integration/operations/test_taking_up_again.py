"""Parked records put back, and events of the past for flows that never decided on them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.domain.ids import partition_of
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Commit, Parked
from tests.integration.services.engine import PARTITIONS, Engine
from tests.support.flows import FlowBuilder, a_flow, country_is, line

pytestmark = pytest.mark.mongo

PARKED = "/v1/operations/parked"
REPLAY = "/v1/operations/replay"


def bought(engine_time: datetime, contact: str, **data: Any) -> Record:
    return Record(
        id=uuid4().hex, type="order.placed", source="test", contact=contact, time=engine_time, data=data
    )


async def archived(engine: Engine, contact: str, **data: Any) -> Record:
    """An event that was archived, and that no service has ever seen since."""
    record = bought(await engine.now(), contact, **data)
    await engine.process.batches.commit(Commit(writes=engine.process.archive.raised([record])))
    return record


async def parked(engine: Engine, record: Record, service: Service = Service.TRIGGER) -> str:
    """Taken out by a fault that has been put right since; answers the id of the parked row."""
    assert record.contact is not None
    row = Parked(service, partition_of(record.contact, PARTITIONS), record, "KeyError: 'amount'\n  somewhere")
    await engine.process.batches.commit(Commit(parked=[row]))
    page = await engine.call("GET", PARKED, params={"limit": 1000})
    return next(item["id"] for item in page["items"] if item["record"] == record.id)


async def replay(engine: Engine, since: datetime, flow: str | None = None) -> dict[str, Any]:
    answer = await engine.call("POST", REPLAY, json={"since": since.isoformat(), "flow": flow})
    await engine.drain()
    return dict(answer)


def buyers() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "order_placed"}).wait("rest", days=30)


def moment() -> datetime:
    """A little ago: the server's clock is coarse, so that what is archived next may bear an earlier time."""
    return datetime.now(UTC) - timedelta(milliseconds=50)


async def test_a_parked_record_is_shown_with_its_error_and_all_that_it_holds(engine: Engine) -> None:
    name = await parked(engine, bought(await engine.now(), "p-1", amount=7))
    page = await engine.call("GET", PARKED, params={"service": "trigger"})
    (row,) = [item for item in page["items"] if item["id"] == name]
    assert (row["type"], row["contact"], row["service"]) == ("order.placed", "p-1", "trigger")
    assert row["error"].startswith("KeyError: 'amount'")
    assert (await engine.call("GET", f"{PARKED}/{name}"))["content"]["data"] == {"amount": 7}
    assert (await engine.call("GET", PARKED, params={"service": "filter"}))["items"] == []
    assert (await engine.ask("GET", f"{PARKED}/nothing")).status_code == 404


async def test_a_dropped_record_is_gone(engine: Engine) -> None:
    name = await parked(engine, bought(await engine.now(), "p-2"))
    assert (await engine.ask("DELETE", f"{PARKED}/{name}")).status_code == 204
    assert (await engine.ask("DELETE", f"{PARKED}/{name}")).status_code == 404
    assert (await engine.ask("POST", f"{PARKED}/{name}/replay")).status_code == 404


async def test_a_parked_record_is_taken_up_once_however_often_it_is_asked_for(engine: Engine) -> None:
    await engine.runs("parked-buyers", buyers())
    await engine.contacts("p-3")
    name = await parked(engine, bought(await engine.now(), "p-3", amount=7))

    asked = await asyncio.gather(*(engine.ask("POST", f"{PARKED}/{name}/replay") for _ in range(4)))
    await engine.drain()

    assert sorted(answer.status_code for answer in asked) == [202, 404, 404, 404]
    assert (await engine.passage("parked-buyers", "p-3"))["status"] == "active"
    assert (await engine.call("GET", "/v1/reports/flows/parked-buyers"))["suggested"] == 1


async def test_what_a_flow_has_decided_on_a_parked_record_stays_decided(engine: Engine) -> None:
    await engine.runs("decided-buyers", buyers().filtered(*country_is("SE")))
    await engine.contacts("p-4", country="DE")
    record = await archived(engine, "p-4", amount=7)
    await engine.process.batches.commit(Commit(posted=[(Service.TRIGGER, record)]))
    await engine.drain()
    assert (await engine.call("GET", "/v1/reports/flows/decided-buyers"))["refused"]["filter"] == 1
    await engine.contacts("p-4", country="SE")

    name = await parked(engine, record)
    await engine.call("POST", f"{PARKED}/{name}/replay")
    await engine.drain()

    assert await engine.passages("decided-buyers") == []
    assert (await engine.call("GET", "/v1/reports/flows/decided-buyers"))["suggested"] == 1


async def test_an_event_taken_up_late_is_no_success_of_who_came_in_after_it(engine: Engine) -> None:
    success = {"kind": "custom_event", "name": "webinar.attended"}
    await engine.runs(
        "late-news", a_flow().triggered_by({"kind": "manual"}).succeeding_by(success).wait("rest", days=9)
    )
    await engine.contacts("p-5")
    early = Record(
        id=uuid4().hex, type="webinar.attended", source="test", contact="p-5", time=await engine.now()
    )
    name = await parked(engine, early)
    await engine.pass_(hours=1)
    await engine.suggests("late-news", "p-5")

    await engine.call("POST", f"{PARKED}/{name}/replay")
    await engine.drain()

    assert (await engine.passage("late-news", "p-5"))["status"] == "active"


async def test_a_record_that_still_fails_is_parked_again(engine: Engine) -> None:
    broken = bought(await engine.now(), "p-6").but(type="headrace.enrolment.suggested")
    name = await parked(engine, broken)
    await engine.call("POST", f"{PARKED}/{name}/replay")
    await engine.drain()
    page = await engine.call("GET", PARKED, params={"limit": 1000})
    (row,) = [item for item in page["items"] if item["record"] == broken.id]
    assert row["id"] != name
    assert row["error"].startswith("KeyError")


async def test_an_event_that_no_flow_decided_on_is_reissued_once(engine: Engine) -> None:
    await engine.runs("missed", buyers())
    await engine.contacts("r-1", "r-2")
    since = moment()
    await archived(engine, "r-1", amount=3)
    await engine.happens("order.placed", "r-2", amount=3)

    assert (await replay(engine, since, "missed"))["reissued"] == 1
    assert (await engine.passage("missed", "r-1"))["status"] == "active"
    assert "suggested by event order.placed" in await engine.why("r-1", "missed")

    assert (await replay(engine, since, "missed"))["reissued"] == 0
    assert (await engine.call("GET", "/v1/reports/flows/missed"))["suggested"] == 2


async def test_a_flow_that_can_t_be_read_keeps_no_other_from_its_events(engine: Engine) -> None:
    await engine.runs("torn", buyers())
    await engine.runs("whole", buyers())
    await engine.contacts("r-torn")
    since = moment()
    await archived(engine, "r-torn")
    versions = engine.database["flow_versions"]
    frozen = await versions.find_one({"_id": "torn:1"})
    assert frozen is not None
    await versions.update_one({"_id": "torn:1"}, {"$set": {"document.steps": "gone"}})

    assert (await replay(engine, since, "torn"))["reissued"] == 0
    await replay(engine, since)
    assert (await engine.passage("whole", "r-torn"))["status"] == "active"
    assert await engine.passages("torn") == []

    await versions.replace_one({"_id": "torn:1"}, frozen)
    assert (await replay(engine, since, "torn"))["reissued"] == 1
    assert (await engine.passage("torn", "r-torn"))["status"] == "active"


async def test_two_replays_at_once_are_one(engine: Engine) -> None:
    await engine.runs("raced", buyers())
    await engine.contacts(*(f"race-{n}" for n in range(20)))
    since = moment()
    for n in range(20):
        await archived(engine, f"race-{n}")
    await asyncio.gather(*(replay(engine, since, "raced") for _ in range(3)))
    assert len(await engine.passages("raced")) == 20
    assert (await engine.call("GET", "/v1/reports/flows/raced"))["suggested"] == 20


async def test_only_flows_that_were_open_when_it_came_get_an_event(engine: Engine) -> None:
    await engine.runs("ended-since", buyers())
    await engine.runs("run-anew", buyers())
    await engine.runs("paused-then", buyers())
    await engine.act("paused-then", "pause")
    await engine.contacts("r-3")
    since = moment()
    await archived(engine, "r-3")
    await engine.act("ended-since", "end")
    await engine.act("run-anew", "end")
    await engine.act("run-anew", "run")
    await engine.runs("run-later", buyers())

    await replay(engine, since)

    assert len(await engine.passages("paused-then")) == 1
    for flow in ("ended-since", "run-anew", "run-later"):
        assert await engine.passages(flow) == []


async def test_the_filter_that_was_in_force_decides(engine: Engine) -> None:
    await engine.runs("refiltered", buyers().filtered(*country_is("DE")))
    await engine.contacts("r-4", country="DE")
    since = moment()
    await archived(engine, "r-4")
    await engine.act("refiltered", "pause")
    draft = buyers().filtered(*country_is("SE")).build().model_dump(mode="json", exclude_unset=True)
    etag = (await engine.ask("GET", "/v1/flows/refiltered")).headers["ETag"]
    await engine.call("PUT", "/v1/flows/refiltered", json=draft, headers={"If-Match": etag})
    await engine.act("refiltered", "resume")

    await replay(engine, since, "refiltered")

    assert len(await engine.passages("refiltered")) == 1


async def test_events_on_their_way_parked_or_erased_are_left_alone(engine: Engine) -> None:
    await engine.runs("left-alone", buyers())
    await engine.contacts("r-5", "r-6")
    since = moment()
    await parked(engine, await archived(engine, "r-5"))
    await archived(engine, "r-6")
    await engine.call("POST", "/v1/operations/forget", json={"contact": "r-6"})

    answer = await replay(engine, since, "left-alone")

    assert (answer["under_way"], answer["reissued"]) == (1, 0)
    assert await engine.passages("left-alone") == []


async def test_triggers_on_what_an_event_changed_can_not_be_told_from_the_archive(engine: Engine) -> None:
    changed = {
        "kind": "contact_updated",
        "conditions": [
            line("before.category", "is_not", "Customer"),
            line("contact.category", "is", "Customer"),
        ],
    }
    await engine.runs("converted", a_flow().triggered_by(changed).wait("rest", days=3))
    await engine.contacts("r-7", category="Customer")
    since = moment()
    lost = Record(
        id=uuid4().hex, type="contact.updated", source="test", contact="r-7", time=await engine.now(),
        data={"category": "Customer"},
    )  # fmt: skip
    await engine.process.batches.commit(Commit(writes=engine.process.archive.raised([lost])))

    answer = await replay(engine, since, "converted")

    assert (answer["reissued"], answer["unknowable"]) == (0, 1)


async def test_what_people_were_suggested_for_by_hand_is_taken_up_too(engine: Engine) -> None:
    await engine.runs("by-hand", a_flow().triggered_by({"kind": "manual"}).wait("rest", days=3))
    await engine.contacts("r-8")
    since = moment()
    lost = Record(
        id=uuid4().hex, type="headrace.enrolment.suggested", source="enrolment", contact="r-8",
        time=await engine.now(), data={"flow": "by-hand", "by": "key test"},
    )  # fmt: skip
    await engine.process.batches.commit(Commit(writes=engine.process.archive.raised([lost])))
    assert (await replay(engine, since, "by-hand"))["reissued"] == 1
    assert len(await engine.passages("by-hand")) == 1


async def test_nobody_goes_back_further_than_decisions_are_kept(engine: Engine) -> None:
    answer = await engine.ask("POST", REPLAY, json={"since": "2001-01-01T00:00:00Z"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:headrace:problem:too-long-ago"
    unknown = {"since": moment().isoformat(), "flow": "nowhere"}
    assert (await engine.ask("POST", REPLAY, json=unknown)).status_code == 404
