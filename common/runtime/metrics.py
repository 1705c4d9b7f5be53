"""Every figure a process shows to Prometheus, in one typed catalogue."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from common.domain.effect import EffectState
from common.messages.topology import Service

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RECORDS = (1, 2, 5, 10, 25, 50, 100, 200, 350, 500)


class Intake(StrEnum):
    """What became of an event at the door."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class Metrics:
    """The figures of one process; services that share it are told apart by the label `service`."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._batch_seconds = Histogram(
            "headrace_batch_seconds", "From taking a batch to its commit.", ["service"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._batch_records = Histogram(
            "headrace_batch_records", "Records in a committed batch.", ["service"],
            buckets=RECORDS, registry=registry,
        )  # fmt: skip
        self._lag = Gauge(
            "headrace_lag_seconds", "Age of the oldest ticket that waits.", ["service", "partition"],
            registry=registry,
        )  # fmt: skip
        self._waiting = Gauge(
            "headrace_waiting_tickets", "Tickets that wait.", ["service", "partition"], registry=registry
        )
        self._parked = Counter(
            "headrace_parked_records", "Records set aside because their handling raised.", ["service"],
            registry=registry,
        )  # fmt: skip
        self._effects = Counter(
            "headrace_effects", "Effects that reached a state.", ["channel", "state"], registry=registry
        )
        self._intake = Counter(
            "headrace_intake_events", "Events at the door, by what became of them.", ["outcome"],
            registry=registry,
        )  # fmt: skip
        self._dropped = Counter(
            "headrace_tickets_dropped", "Copies that did not reach the bus; the sweep brings them.",
            registry=registry,
        )  # fmt: skip

    def batch(self, service: Service, *, records: int, seconds: float) -> None:
        """A batch was committed."""
        self._batch_seconds.labels(service.value).observe(seconds)
        self._batch_records.labels(service.value).observe(records)

    def lag(self, service: Service, partition: int, *, seconds: float, tickets: int) -> None:
        """How far a partition is behind."""
        self._lag.labels(service.value, str(partition)).set(seconds)
        self._waiting.labels(service.value, str(partition)).set(tickets)

    def parked(self, service: Service, records: int = 1) -> None:
        self._parked.labels(service.value).inc(records)

    def effects(self, channel: str, state: EffectState, count: int = 1) -> None:
        self._effects.labels(channel, state.value).inc(count)

    def intake(self, outcome: Intake, events: int = 1) -> None:
        self._intake.labels(outcome.value).inc(events)

    def tickets_dropped(self, count: int = 1) -> None:
        self._dropped.inc(count)

    def text(self) -> bytes:
        """Everything, in Prometheus's text format."""
        return generate_latest(self._registry)
