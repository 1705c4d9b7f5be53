"""What every process of the installation is made of: its connections, and the road's shared parts.

Each service's `app.py` puts its own handlers and routes on one of these; `headrace up` puts all of them on one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from secrets import token_hex

from fastapi import APIRouter

from common.adapters.mongo.archive import MongoArchive
from common.adapters.mongo.batch import MongoBatches
from common.adapters.mongo.client import Database, connect
from common.adapters.mongo.clock import MongoClock
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.contacts import place_contacts
from common.adapters.mongo.effects import EFFECTS
from common.adapters.mongo.flows import MongoFlows
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.partitions import MongoPartitions
from common.adapters.mongo.users import MongoUsers
from common.adapters.mongo.work import MongoWork
from common.adapters.no_courier import NoCourier
from common.adapters.rabbitmq.courier import RabbitCourier
from common.domain.clock import ClockMode
from common.domain.participant import Participant
from common.messages.ticket import Ticket
from common.messages.topology import Service
from common.ports import Commit, Courier, Ownership, Passage, Unavailable
from common.runtime.bells import Bells
from common.runtime.flow_cache import FlowCache
from common.runtime.gauges import Gauges
from common.runtime.handler import Handler
from common.runtime.health import Health
from common.runtime.inbox import Inbox, Inboxes
from common.runtime.keys import KeyRing
from common.runtime.members import Key, Loop, Membership
from common.runtime.metrics import Metrics
from common.runtime.parking import ParkingLimit
from common.runtime.partition import PartitionLoop, Road
from common.runtime.poll import follow_clock, poll_work
from common.runtime.serve import App, CantStart, Worker
from common.runtime.settings import Settings
from common.runtime.sight import Sight
from common.runtime.tracing import UNWATCHED, NoOpenTelemetry, Tracing, open_tracing
from services.first_contact import first_contact


class NoDatabase(CantStart):
    def __init__(self) -> None:
        super().__init__("HEADRACE_MONGODB_URL is not set; `headrace up` brings a database of its own")


@dataclass(frozen=True)
class Parts:
    """What one service adds to a process: the partitions it runs, its routes, and what it does on the side."""

    name: str
    loops: Mapping[Service, Callable[[Ownership], Loop]] = field(default_factory=dict)
    routers: Sequence[APIRouter] = ()
    workers: Sequence[Worker] = ()


@dataclass(frozen=True)
class Process:
    """The shared parts. `member` names the process for as long as it lives.

    `closing` closes its connections in the reverse order of their opening.
    """

    member: str
    settings: Settings
    database: Database
    partitions: int
    bells: Bells
    inboxes: Inboxes
    courier: Courier
    batches: MongoBatches
    rows: MongoPartitions
    work: MongoWork
    clock: MongoClock
    archive: MongoArchive
    stored_flows: MongoFlows
    flows: FlowCache
    keys: KeyRing
    sight: Sight
    limit: ParkingLimit = field(default_factory=ParkingLimit)
    health: Health = field(default_factory=Health)
    metrics: Metrics = field(default_factory=Metrics)
    tracing: Tracing = UNWATCHED
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    def road(self) -> Road:
        return Road(
            batches=self.batches,
            work=self.work,
            partitions=self.rows,
            clock=self.clock,
            flows=self.flows,
            limit=self.limit,
            committed=self.committed,
            fired=self.fired,
            tracing=self.tracing,
        )

    def committed(self, commit: Commit, size: int, seconds: float) -> None:
        """Count a batch; planned effects wake their sender."""
        assert commit.guard is not None
        service, partition = commit.guard.service, commit.guard.partition
        self.metrics.batch(service, records=size, seconds=seconds)
        if commit.parked:
            self.metrics.parked(service, len(commit.parked))
        if any(write.collection == EFFECTS for write in commit.writes):
            self.bells.ring(Service.EFFECTS, partition)

    def fired(self, now: datetime, timers: Sequence[Passage]) -> None:
        """Measure how late timers were; nothing is late while time stands."""
        setting = self.clock.setting
        if setting is not None and setting.mode is ClockMode.RUNNING:
            late = [
                now - timer.due
                for timer in timers
                if isinstance(timer, Participant) and timer.due is not None
            ]
            self.metrics.timers(setting.machine_seconds(each) for each in late)

    def gauges(self, services: Collection[Service], owned: Callable[[], Collection[Key]]) -> Gauges:
        """What this process measures of itself, given the partitions that it owns."""
        return Gauges(
            self.metrics,
            self.health.readiness,
            self.work,
            self.partitions,
            services,
            owned,
            lambda: self.flows.unreadable,
        )

    def announce(self, tickets: Sequence[Ticket]) -> None:
        """These have come into being: tell whoever takes them, here or elsewhere."""
        self.courier.publish(self.inboxes.hand(tickets))

    async def check_database(self) -> str | None:
        """For readiness: why the database does not answer."""
        try:
            await self.clock.read()
        except Unavailable as error:
            return str(error)
        return None

    def loops_for(self, handler: Handler) -> Callable[[Ownership], Loop]:
        """How to run one partition with this handler."""
        road = self.road()

        def loop(own: Ownership) -> Loop:
            bell = self.bells.of(own.service, own.partition)
            inbox = Inbox(own, self.work, self.courier, bell, self.inboxes)
            return PartitionLoop(own, handler, road, inbox, bell)

        return loop


async def open_process(settings: Settings) -> Process:
    """Connect, and create what is missing. Raises `CantStart` when the database can't be reached, or lets us do
    nothing."""
    if settings.mongodb_url is None:
        raise NoDatabase
    closing = AsyncExitStack()
    tracing = tracing_for(settings, closing)
    member = token_hex(8)
    with first_contact():
        database = connect(settings.mongodb_url.get_secret_value(), settings.database, member=member)
        closing.push_async_callback(database.client.close)
        await ensure_collections(database)
        count = await MongoPartitions(database).ensure(settings.partitions)
        await place_contacts(database, count)
        await MongoClock(database).ensure()
    metrics = Metrics()
    return replace(
        put_together(settings, database, member, count, await open_courier(settings, metrics, closing)),
        metrics=metrics,
        tracing=tracing,
        closing=closing,
    )


def put_together(
    settings: Settings, database: Database, member: str, count: int, courier: Courier
) -> Process:
    """The shared parts, on a database of `count` partitions; nothing is contacted."""
    inboxes = Inboxes()

    def announce(tickets: Sequence[Ticket]) -> None:
        courier.publish(inboxes.hand(tickets))

    flows, clock = MongoFlows(database), MongoClock(database)
    return Process(
        member=member,
        settings=settings,
        database=database,
        partitions=count,
        bells=Bells(),
        inboxes=inboxes,
        courier=courier,
        batches=MongoBatches(database, count, announce),
        rows=MongoPartitions(database),
        work=MongoWork(database),
        clock=clock,
        archive=MongoArchive(database, clock, count, announce),
        stored_flows=flows,
        flows=FlowCache(flows),
        keys=KeyRing(MongoKeys(database), asked=settings.rate.key, refused=settings.rate.unknown),
        sight=Sight(flows, MongoUsers(database)),
    )


def tracing_for(settings: Settings, closing: AsyncExitStack) -> Tracing:
    """Traces if a collector is named."""
    try:
        tracing = open_tracing(settings.otel)
    except NoOpenTelemetry as error:
        raise CantStart(str(error)) from None
    closing.push_async_callback(tracing.close)
    return tracing


async def open_courier(settings: Settings, metrics: Metrics, closing: AsyncExitStack) -> Courier:
    """The bus if there is one; it connects by itself, now or later."""
    if settings.amqp_url is None:
        return NoCourier()
    courier = RabbitCourier(
        settings.amqp_url.get_secret_value(),
        prefix=settings.queue_prefix,
        on_drop=lambda drop: metrics.tickets_dropped(),
    )
    await courier.start()
    closing.push_async_callback(courier.stop)
    return courier


def assemble(process: Process, services: Sequence[Parts]) -> App:
    """One process of these services: routes, membership for all their partitions, and what they do beside."""
    loops = {service: loop for parts in services for service, loop in parts.loops.items()}
    workers = [worker for parts in services for worker in parts.workers]
    if loops:
        membership = Membership(
            process.member,
            process.rows,
            process.partitions,
            loops,
            process.limit,
            epoch=process.stored_flows.epoch,
        )
        workers += [
            membership.run,
            partial(poll_work, process.work, process.courier, process.bells),
            partial(follow_clock, process.clock, process.bells),
        ]
        workers.append(process.gauges(list(loops), lambda: membership.owned).run)
        process.health.add("partitions", membership.check)
    else:
        workers.append(process.gauges((), tuple).run)
    process.health.add("mongodb", process.check_database)
    return App(
        name="+".join(parts.name for parts in services),
        routers=[router for parts in services for router in parts.routers],
        keys=process.keys,
        sight=process.sight,
        workers=workers,
        health=process.health,
        metrics=process.metrics,
        tracing=process.tracing,
        closing=process.closing,
    )
