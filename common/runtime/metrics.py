"""Every figure a process shows to Prometheus, in one typed catalogue.

No label takes its values from flows, contacts or events: what a scrape holds does not grow with use.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from common.domain.effect import EffectState
from common.messages.topology import TAKING_TICKETS, Service
from common.ports import Backlog, Troubles

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RECORDS = (1, 2, 5, 10, 25, 50, 100, 200, 350, 500)
LATENESS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400)

Key = tuple[Service, int]
NOTHING = Backlog(tickets=0, seconds=0.0)


class Intake(StrEnum):
    """What became of an event at the door."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class Catalogue:
    """Declares figures in a registry of their own. `series`: the labels by each name that Prometheus stores."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.series: dict[str, frozenset[str]] = {}

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        self._name([f"{name}_total"], labels)
        return Counter(name, text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        self._name([name], labels)
        return Gauge(name, text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, *labels: str, buckets: Iterable[float]) -> Histogram:
        self._name([f"{name}_count", f"{name}_sum"], labels)
        self._name([f"{name}_bucket"], (*labels, "le"))
        return Histogram(name, text, labels, buckets=tuple(buckets), registry=self.registry)

    def _name(self, names: Iterable[str], labels: Iterable[str]) -> None:
        self.series |= dict.fromkeys(names, frozenset(labels))


class Metrics:
    """The figures of one process; services that share it are told apart by the label `service`."""

    def __init__(self) -> None:
        self.catalogue = catalogue = Catalogue()
        self._batch_seconds = catalogue.histogram(
            "headrace_batch_seconds", "From taking a batch to its commit.", "service", buckets=SECONDS
        )
        self._batch_records = catalogue.histogram(
            "headrace_batch_records", "Records in a committed batch.", "service", buckets=RECORDS
        )
        self._lag = catalogue.gauge(
            "headrace_lag_seconds", "Age of the oldest ticket that waits.", "service", "partition"
        )
        self._waiting = catalogue.gauge(
            "headrace_waiting_tickets", "Tickets that wait.", "service", "partition"
        )
        self._lateness = catalogue.histogram(
            "headrace_timer_lateness_seconds",
            "From when a timer was due to its firing: business time over the clock's speed.",
            buckets=LATENESS,
        )
        self._partitions = catalogue.gauge("headrace_partitions", "Partitions of the installation.")
        self._owned = catalogue.gauge(
            "headrace_partitions_owned", "Partitions in this process's hands.", "service"
        )
        self._ready = catalogue.gauge("headrace_ready", "1 while the process can do its work.")
        self._parked = catalogue.counter(
            "headrace_parked_records", "Records set aside because their handling raised.", "service"
        )
        self._parked_open = catalogue.gauge(
            "headrace_parked_open", "Records set aside that nobody has taken up again or dropped.", "service"
        )
        self._doubts_open = catalogue.gauge(
            "headrace_doubts_open", "Effects in doubt that nobody has settled.", "channel"
        )
        self._refused_open = catalogue.gauge(
            "headrace_refused_open", "Messages that could not be archived and that nobody has dropped.", "way"
        )
        self._unreadable = catalogue.gauge(
            "headrace_unreadable_flows", "Open flows that stand still, since this process can't read them."
        )
        self._effects = catalogue.counter(
            "headrace_effects", "Effects that reached a state of an end.", "channel", "state"
        )
        self._intake = catalogue.counter(
            "headrace_intake_events", "Events at the door, by what became of them.", "outcome"
        )
        self._dropped = catalogue.counter(
            "headrace_tickets_dropped", "Copies that did not reach the bus; the sweep brings them."
        )
        self._matcher = catalogue.counter(
            "headrace_matcher_failures", "Rules processes that failed; closures stood in.", "trouble"
        )
        self._outside = catalogue.counter("headrace_outside_events", "Events that other systems were told.")

    def batch(self, service: Service, *, records: int, seconds: float) -> None:
        """A batch was committed."""
        self._batch_seconds.labels(service.value).observe(seconds)
        self._batch_records.labels(service.value).observe(records)

    def backlog(self, owned: Collection[Key], waiting: Mapping[Key, Backlog]) -> None:
        """How far the partitions in this process's hands are behind; those of others are not shown."""
        self._lag.clear()
        self._waiting.clear()
        for service, partition in owned:
            behind = waiting.get((service, partition), NOTHING)
            self._lag.labels(service.value, str(partition)).set(behind.seconds)
            self._waiting.labels(service.value, str(partition)).set(behind.tickets)

    def partitions(self, count: int, services: Iterable[Service], owned: Collection[Key]) -> None:
        """There are `count` for each service; these are owned here, for some of these services none."""
        self._partitions.set(count)
        for service in services:
            self._owned.labels(service.value).set(sum(key[0] is service for key in owned))

    def troubles(self, found: Troubles) -> None:
        """What waits for a person in the whole installation."""
        for service in (*TAKING_TICKETS, Service.EFFECTS):
            self._parked_open.labels(service.value).set(found.parked.get(service.value, 0))
        for gauge, counts in ((self._doubts_open, found.doubts), (self._refused_open, found.refused)):
            gauge.clear()
            for label, number in counts.items():
                gauge.labels(label).set(number)

    def unreadable_flows(self, count: int) -> None:
        self._unreadable.set(count)

    def ready(self, ready: bool) -> None:
        self._ready.set(ready)

    def timers(self, lateness: Iterable[float]) -> None:
        """Timers were fired, each so many seconds late."""
        for seconds in lateness:
            self._lateness.observe(seconds)

    def parked(self, service: Service, records: int = 1) -> None:
        self._parked.labels(service.value).inc(records)

    def effects(self, channel: str, state: EffectState, count: int = 1) -> None:
        self._effects.labels(channel, state.value).inc(count)

    def intake(self, outcome: Intake, events: int = 1) -> None:
        self._intake.labels(outcome.value).inc(events)

    def tickets_dropped(self, count: int = 1) -> None:
        self._dropped.inc(count)

    def matcher_failed(self, trouble: str) -> None:
        """A rules process failed, in one of the few ways that there are."""
        self._matcher.labels(trouble).inc()

    def outside_events(self, count: int) -> None:
        self._outside.inc(count)

    def text(self) -> bytes:
        """Everything, in Prometheus's text format."""
        return generate_latest(self.catalogue.registry)
