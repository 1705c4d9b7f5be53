"""Who and what is late, and why, in words."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.adapters.mongo.operations import FlowStanding, Key, MongoOperations, PartitionRow, Waiting
from common.domain.clock import ClockMode, ClockSetting
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.participant import Participant
from common.domain.reasons import FlowState
from common.messages.topology import Service
from common.ports import Clock


class PartitionView(Model):
    """`waiting`: tickets, or, for the sender of effects, planned effects. `behind`: age of the oldest ticket in
    machine seconds. `last`: business time up to which it has decided."""

    service: Service
    partition: int
    owner: str | None
    alive: bool
    waiting: int
    behind: float
    last: Instant | None


class LateParticipant(Model):
    """`since`: business time from which it should have gone on, or at which it came to its step."""

    participant: str
    contact: str
    flow: str
    step: str
    since: Instant
    reason: str


class LateTickets(Model):
    """`seconds`: machine time for which the oldest has waited."""

    service: Service
    partition: int
    tickets: int
    seconds: float
    reason: str


class LateAct(Model):
    """A life-cycle act that has not reached every partition. `since` is machine time."""

    flow: str
    since: Instant
    reason: str


class Stuck(Model):
    """All that is late; of participants, up to the limit for each reason and flow."""

    participants: list[LateParticipant]
    tickets: list[LateTickets]
    acts: list[LateAct]


@dataclass(frozen=True, slots=True)
class Situation:
    """The partitions as they stand."""

    owners: Mapping[Key, PartitionRow]
    waiting: Mapping[Key, Waiting]

    def trouble(self, service: Service, partition: int) -> str:
        """Why this partition is late, in words."""
        row = self.owners.get((service, partition))
        if row is None or row.owner is None or not row.alive:
            return f"no living {service} process has partition {partition}: start one"
        waiting = self.waiting.get((service, partition))
        queue = f", {waiting.count} tickets wait for it" if waiting else ""
        return (
            f"partition {partition} of {service} is behind{queue}; "
            f"if that lasts, its process {row.owner} says why (partition.paused in its log)"
        )


@dataclass(frozen=True, slots=True)
class Overseer:
    """Looks at the installation as a whole."""

    store: MongoOperations
    clock: Clock

    async def partitions(self) -> list[PartitionView]:
        now = datetime.now(UTC)
        waiting = {**await self.store.waiting(), **await self.store.planned()}
        return [in_view(row, waiting.get((row.service, row.partition)), now) for row in await self.rows()]

    async def rows(self) -> Sequence[PartitionRow]:
        return await self.store.partitions()

    async def stuck(self, late: timedelta, limit: int) -> Stuck:
        """What has waited for more than `late`, in machine time."""
        now = datetime.now(UTC)
        owners = {(row.service, row.partition): row for row in await self.rows()}
        situation = Situation(owners, await self.store.waiting())
        old = await self.store.waiting(older_than=now - late)
        flows = await self.store.flows()
        before = business_edge(await self.clock.read(), now, late)
        return Stuck(
            participants=[
                *await self._overdue(situation, before, limit),
                *[found for flow in flows async for found in self._of_flow(flow, now - late, limit)],
            ],
            tickets=list(late_tickets(situation, old, now)),
            acts=[
                late_act(flow, since) for flow in flows if (since := flow.unfinished) and since < now - late
            ],
        )

    async def _overdue(self, situation: Situation, before: datetime, limit: int) -> list[LateParticipant]:
        return [
            late(passage, passage.due, situation.trouble(Service.EXECUTOR, passage.partition))
            for passage in await self.store.overdue(before, limit)
        ]

    async def _of_flow(
        self, flow: FlowStanding, edge: datetime, limit: int
    ) -> AsyncIterator[LateParticipant]:
        if flow.unfinished and flow.unfinished >= edge:
            return  # an act is on its way to them
        behind = await self.store.left_behind(flow, limit)
        for found in await self._reasoned(behind, PARKED_END, NOT_ENDED):
            yield found
        if flow.state is FlowState.RUNNING:
            held = await self.store.held(flow, limit)
            for found in await self._reasoned(held, PARKED_TIMER, NOT_RESUMED):
                yield found
            for passage in await self.store.without_timer(flow, limit):
                yield late(passage, passage.until, "it waits for a time, and no timer is set")

    async def _reasoned(
        self, passages: Sequence[Participant], parked: str, otherwise: str
    ) -> list[LateParticipant]:
        """Each with one of two reasons: what is to be done for it is parked, or not."""
        names = await self.store.parked_timers([each.id for each in passages]) if passages else set()
        return [
            late(each, each.until or each.since, parked if each.id in names else otherwise)
            for each in passages
        ]


PARKED_TIMER = (
    "its timer, or the resume, could not be handled and is parked: `headrace parked list` has the error"
)
PARKED_END = (
    "its flow has ended, and the end could not be applied to it: `headrace parked list` has the error"
)
NOT_ENDED = "its flow has ended, and the end has not reached it"
NOT_RESUMED = "it is set aside though its flow runs: the resume has not reached it"


def business_edge(clock: ClockSetting, machine: datetime, late: timedelta) -> datetime:
    """Timers due before this should have fired, when so much machine time may pass. While the clock stands,
    nothing that is due may be left."""
    allowed = timedelta() if clock.mode is ClockMode.STEP else late * clock.speed
    try:
        return clock.at(machine) - allowed
    except OverflowError:  # before the calendar begins
        return datetime.min.replace(tzinfo=UTC)


def in_view(row: PartitionRow, waiting: Waiting | None, now: datetime) -> PartitionView:
    oldest = waiting.oldest if waiting else None
    return PartitionView(
        service=row.service,
        partition=row.partition,
        owner=row.owner,
        alive=row.alive,
        waiting=waiting.count if waiting else 0,
        behind=seconds(oldest, now) if oldest else 0.0,
        last=row.last,
    )


def late_tickets(situation: Situation, old: Mapping[Key, Waiting], now: datetime) -> Iterator[LateTickets]:
    for (service, partition), waiting in sorted(old.items()):
        yield LateTickets(
            service=service,
            partition=partition,
            tickets=waiting.count,
            seconds=seconds(waiting.oldest or now, now),
            reason=situation.trouble(service, partition),
        )


def late(passage: Participant, since: datetime | None, reason: str) -> LateParticipant:
    return LateParticipant(
        participant=passage.id,
        contact=passage.contact,
        flow=passage.flow,
        step=passage.step,
        since=since or passage.since,
        reason=reason,
    )


def late_act(flow: FlowStanding, since: datetime) -> LateAct:
    reason = "an act was committed and has not reached every partition; a running studio finishes it"
    return LateAct(flow=flow.id, since=since, reason=reason)


def seconds(since: datetime, now: datetime) -> float:
    return round(max(0.0, (now - since).total_seconds()), 1)
