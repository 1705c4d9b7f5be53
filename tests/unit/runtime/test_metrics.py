"""Figures: what is counted under which label, and what the catalogue says of them."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pytest

from common.domain.effect import EffectState
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Backlog, Troubles, Unavailable, Write
from common.runtime.intake import Intake as IntakeQueue
from common.runtime.metrics import Intake, Metrics


def lines(metrics: Metrics) -> list[str]:
    return metrics.text().decode().splitlines()


def test_figures_are_counted_under_their_labels():
    metrics = Metrics()
    metrics.batch(Service.TRIGGER, records=500, seconds=0.02)
    metrics.parked(Service.EXECUTOR, 2)
    metrics.effects("email", EffectState.DONE, 3)
    metrics.intake(Intake.UNAVAILABLE, 4)
    metrics.tickets_dropped()
    metrics.outside_events(7)
    metrics.ready(True)

    assert {
        'headrace_batch_records_sum{service="trigger"} 500.0',
        'headrace_batch_seconds_count{service="trigger"} 1.0',
        'headrace_parked_records_total{service="executor"} 2.0',
        'headrace_effects_total{channel="email",state="done"} 3.0',
        'headrace_intake_events_total{outcome="unavailable"} 4.0',
        "headrace_tickets_dropped_total 1.0",
        "headrace_outside_events_total 7.0",
        "headrace_ready 1.0",
    } <= set(lines(metrics))


def test_an_owned_partition_for_which_nothing_waits_is_not_behind():
    metrics = Metrics()
    metrics.backlog([(Service.FILTER, 3), (Service.FILTER, 4)], {(Service.FILTER, 3): Backlog(2, 1.5)})

    assert {
        'headrace_lag_seconds{partition="3",service="filter"} 1.5',
        'headrace_waiting_tickets{partition="3",service="filter"} 2.0',
        'headrace_lag_seconds{partition="4",service="filter"} 0.0',
        'headrace_waiting_tickets{partition="4",service="filter"} 0.0',
    } <= set(lines(metrics))


def test_a_partition_that_was_given_up_is_not_shown_any_more():
    metrics = Metrics()
    metrics.backlog([(Service.FILTER, 3)], {(Service.FILTER, 3): Backlog(2, 1.5)})
    metrics.backlog([], {(Service.FILTER, 3): Backlog(2, 1.5)})

    assert not [line for line in lines(metrics) if line.startswith(("headrace_lag", "headrace_waiting"))]


def test_services_of_which_nothing_is_owned_are_shown_with_none():
    metrics = Metrics()
    metrics.partitions(8, [Service.TRIGGER, Service.FILTER], [(Service.FILTER, 0), (Service.FILTER, 4)])

    assert {
        "headrace_partitions 8.0",
        'headrace_partitions_owned{service="filter"} 2.0',
        'headrace_partitions_owned{service="trigger"} 0.0',
    } <= set(lines(metrics))


def test_lateness_falls_into_buckets():
    metrics = Metrics()
    metrics.timers([0.01, 0.2, 4000.0])

    assert {
        'headrace_timer_lateness_seconds_bucket{le="0.05"} 1.0',
        'headrace_timer_lateness_seconds_bucket{le="0.25"} 2.0',
        'headrace_timer_lateness_seconds_bucket{le="1800.0"} 2.0',
        "headrace_timer_lateness_seconds_count 3.0",
    } <= set(lines(metrics))


def test_the_catalogue_has_each_series_that_is_shown_with_its_labels():
    metrics = Metrics()
    metrics.batch(Service.TRIGGER, records=1, seconds=0.1)
    metrics.backlog([(Service.FILTER, 3)], {})
    metrics.partitions(1, [Service.TRIGGER], [])
    metrics.parked(Service.EXECUTOR)
    metrics.effects("email", EffectState.DONE)
    metrics.intake(Intake.ACCEPTED)
    metrics.matcher_failed("crashed")
    metrics.troubles(Troubles(parked={"filter": 1}, doubts={"email": 1}, refused={"amqp": 1}))
    shown = {
        name: frozenset(re.findall(r'(\w+)="', labels or ""))
        for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", "\n".join(lines(metrics)), re.MULTILINE)
        if not name.endswith("_created")
    }

    assert shown == metrics.catalogue.series


class Archive:
    """Knows every second record; or is away."""

    def __init__(self, *, away: bool = False) -> None:
        self._away = away

    async def accept(self, records: Sequence[Record]) -> Sequence[bool]:
        if self._away:
            raise Unavailable("MongoDB")
        return [number % 2 == 0 for number in range(len(records))]

    def raised(self, records: Iterable[Record]) -> Sequence[Write]:
        return ()

    async def many(self, ids: Iterable[str]) -> dict[str, Record]:
        return {}


def some_records(count: int) -> list[Record]:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return [Record(id=f"r{n}", type="t", source="s", time=now) for n in range(count)]


async def test_intake_is_counted_by_what_became_of_each_record():
    metrics = Metrics()
    await IntakeQueue(Archive(), metrics.intake).submit(some_records(5))
    with pytest.raises(Unavailable):
        await IntakeQueue(Archive(away=True), metrics.intake).submit(some_records(7))

    assert {
        'headrace_intake_events_total{outcome="accepted"} 3.0',
        'headrace_intake_events_total{outcome="repeated"} 2.0',
        'headrace_intake_events_total{outcome="unavailable"} 7.0',
    } <= set(lines(metrics))
