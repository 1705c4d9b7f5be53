"""What waits, counted in the database and shown for the partitions that a process owns."""

from datetime import UTC, datetime, timedelta

from common.adapters.mongo.client import connect
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.work import MongoWork, backlog_stages, numbered, to_document, unnumbered
from common.adapters.no_courier import NoCourier
from common.domain.clock import ClockMode, ClockSetting
from common.domain.participant import Participant
from common.messages.record import Record
from common.messages.topology import Service
from common.runtime.gauges import Gauges
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
