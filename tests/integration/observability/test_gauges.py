"""What waits, counted in the database and shown for the partitions that a process owns."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from common.adapters.mongo.batch import PARKED
from common.adapters.mongo.client import connect
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.refused import REFUSED
from common.adapters.mongo.troubles import QUESTIONS, MongoTroubles, stages
from common.adapters.mongo.work import MongoWork, backlog_stages, numbered, to_document, unnumbered
from common.adapters.no_courier import NoCourier
from common.domain.clock import ClockMode, ClockSetting
from common.domain.participant import Participant
from common.messages.record import Record
from common.messages.topology import Service
from common.runtime.gauges import Gauges, TroubleGauges
from common.runtime.health import Health
from common.runtime.metrics import Metrics
from common.runtime.settings import Settings
from services.process import put_together
from tests.support.mongod import Database

RECORD = Record(id="r", type="t", source="s", contact="c", time=datetime(2026, 3, 2, tzinfo=UTC))


async def test_lag_is_the_age_of_the_oldest_ticket_numbered_or_not(mongo_url: str, database: Database):
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    fresh = numbered(Service.FILTER, 1, 7, [RECORD])
    old = unnumbered(Service.FILTER, 1, [RECORD]).but(at=datetime(2020, 1, 1, tzinfo=UTC))
    elsewhere = unnumbered(Service.TRIGGER, 1, [RECORD])
    await handle["work"].insert_many([to_document(ticket) for ticket in (fresh, old, elsewhere)])
    metrics = Metrics()
    owned = [(Service.FILTER, 0), (Service.FILTER, 1)]
    gauges = Gauges(metrics, Health().readiness, MongoWork(handle), 4, [Service.FILTER], lambda: owned)

    await gauges.measure()

    shown = dict(line.rsplit(" ", 1) for line in metrics.text().decode().splitlines() if line[0] != "#")
    assert float(shown['headrace_lag_seconds{partition="1",service="filter"}']) > 180 * 86_400
    assert shown['headrace_waiting_tickets{partition="1",service="filter"}'] == "2.0"
    assert shown['headrace_waiting_tickets{partition="0",service="filter"}'] == "0.0"
    assert shown['headrace_partitions_owned{service="filter"}'] == "2.0"
    assert not [name for name in shown if 'service="trigger"' in name]
    await handle.client.close()


async def test_the_question_is_answered_from_the_index_alone(mongo_url: str, database: Database):
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    tickets = [unnumbered(Service.FILTER, n % 3, [RECORD]) for n in range(30)]
    await handle["work"].insert_many([to_document(ticket) for ticket in tickets])

    pipeline = backlog_stages([Service.FILTER])
    plan = await handle.command(
        {"explain": {"aggregate": "work", "pipeline": pipeline, "cursor": {}}, "verbosity": "executionStats"}
    )

    text = str(plan)
    assert "'totalDocsExamined': 0" in text
    assert "'totalKeysExamined': 30" in text
    await handle.client.close()


async def test_timers_are_late_by_the_clock_of_the_wall(mongo_url: str, database: Database):
    handle = connect(mongo_url, database.name)
    process = put_together(Settings(), handle, "test", 1, NoCourier())
    machine = datetime.now(UTC)
    due = datetime(2026, 3, 2, 12, tzinfo=UTC)
    await process.clock.set(ClockSetting(business=due, machine=machine, speed=3600))
    process.fired(due + timedelta(hours=2), [waiting_until(due), waiting_until(due + timedelta(hours=1))])
    await process.clock.set(ClockSetting(mode=ClockMode.STEP, business=due, machine=machine))
    process.fired(due + timedelta(hours=2), [waiting_until(due)])

    shown = process.metrics.text().decode().splitlines()
    assert "headrace_timer_lateness_seconds_sum 3.0" in shown
    assert "headrace_timer_lateness_seconds_count 2.0" in shown
    await handle.client.close()


def waiting_until(due: datetime) -> Participant:
    return Participant(
        id="p", flow="f", run=1, version=1, contact="c", partition=0, enrolled_at=due, cause="r", since=due,
        due=due,
    )  # fmt: skip


@pytest.mark.parametrize("collection", QUESTIONS)
async def test_what_waits_for_a_person_is_counted_from_an_index_alone(
    mongo_url: str, database: Database, collection: str
):
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    rows = [
        {"_id": n, "service": "executor", "way": "amqp", "channel": "email", "state": state}
        for n, state in enumerate(["in_doubt"] * 3 + ["done"] * 40)
    ]
    await handle[collection].insert_many(rows[: 3 if collection != EFFECTS else None])

    found = await MongoTroubles(handle).count()
    plan = await handle.command(
        {
            "explain": {"aggregate": collection, "pipeline": stages(collection), "cursor": {}},
            "verbosity": "executionStats",
        }
    )

    counts = {PARKED: found.parked, EFFECTS: found.doubts, REFUSED: found.refused}
    names = {PARKED: "executor", EFFECTS: "email", REFUSED: "amqp"}
    assert counts == {each: {names[each]: 3} if each == collection else {} for each in counts}
    assert "'totalDocsExamined': 0" in str(plan)
    await handle.client.close()


async def test_what_waits_for_a_person_is_shown_until_it_is_seen_to(mongo_url: str, database: Database):
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    metrics = Metrics()
    gauges = TroubleGauges(metrics, MongoTroubles(handle).count)

    async def shown() -> list[str]:
        stopping = asyncio.Event()
        running = asyncio.create_task(gauges.run(stopping))
        await asyncio.sleep(0)
        stopping.set()
        await running
        lines = metrics.text().decode().splitlines()
        return [line for line in lines if "_open{" in line and not line.endswith(" 0.0")]

    await handle[PARKED].insert_many([{"service": "filter"}, {"service": "filter"}])
    await handle[EFFECTS].insert_one({"state": "in_doubt", "channel": "sms"})
    await handle[REFUSED].insert_one({"way": "amqp"})
    assert await shown() == [
        'headrace_parked_open{service="filter"} 2.0',
        'headrace_doubts_open{channel="sms"} 1.0',
        'headrace_refused_open{way="amqp"} 1.0',
    ]

    for collection in (PARKED, EFFECTS, REFUSED):
        await handle[collection].delete_many({})
    assert await shown() == []
    await handle.client.close()
