import asyncio

import pytest

from common.domain.effect import EffectState
from common.messages.topology import Service
from common.runtime import health
from common.runtime.health import Health
from common.runtime.metrics import Intake, Metrics


async def fine() -> str | None:
    return None


async def empty() -> str | None:
    return "has no partitions"


async def broken() -> str | None:
    raise ConnectionError("mongodb://me:hush@example.org")


async def hanging() -> str | None:
    await asyncio.sleep(60)
    return None


async def test_ready_when_every_check_is_content() -> None:
    checks = Health()
    checks.add("database", fine)
    assert (await checks.readiness()).ready


async def test_every_reason_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    checks = Health()
    for name, check in {"a": fine, "b": empty, "c": broken, "d": hanging}.items():
        checks.add(name, check)
    answer = await checks.readiness()
    assert not answer.ready
    assert answer.reasons == {
        "b": "has no partitions",
        "c": "ConnectionError",
        "d": "no answer within 0.01 s",
    }


async def test_a_process_that_stops_is_not_ready() -> None:
    checks = Health()
    checks.stopping = True
    assert (await checks.readiness()).reasons == {"process": "shutting down"}


def test_figures_are_counted_under_their_labels() -> None:
    metrics = Metrics()
    metrics.batch(Service.TRIGGER, records=500, seconds=0.02)
    metrics.lag(Service.FILTER, 3, seconds=1.5, tickets=2)
    metrics.parked(Service.EXECUTOR, 2)
    metrics.effects("email", EffectState.DONE, 3)
    metrics.intake(Intake.REPEATED, 4)
    metrics.tickets_dropped()
    text = metrics.text().decode()
    for line in (
        'headrace_batch_records_sum{service="trigger"} 500.0',
        'headrace_batch_seconds_count{service="trigger"} 1.0',
        'headrace_lag_seconds{partition="3",service="filter"} 1.5',
        'headrace_waiting_tickets{partition="3",service="filter"} 2.0',
        'headrace_parked_records_total{service="executor"} 2.0',
        'headrace_effects_total{channel="email",state="done"} 3.0',
        'headrace_intake_events_total{outcome="repeated"} 4.0',
        "headrace_tickets_dropped_total 1.0",
    ):
        assert line in text.splitlines()
