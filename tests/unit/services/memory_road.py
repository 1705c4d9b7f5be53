"""The road of an event in memory: the worlds of all four services, one behind the other, nothing else."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, Self

from common.adapters.memory.stores import (
    MemoryAddresses,
    MemoryArchive,
    MemoryBulks,
    MemoryCaps,
    MemoryContacts,
    MemoryDecisions,
    MemoryEffects,
    MemoryHeldAddresses,
    MemoryOwnerTurns,
    MemoryParticipants,
    MemoryUsers,
    MemoryVersions,
)
from common.domain.contact import Contact
from common.domain.decision import Decision
from common.domain.event import EFFECT_SETTLED, ENROLMENT_SUGGESTED, FLOW_ENDED, FLOW_RESUMED
from common.domain.flow_book import FlowBook
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant
from common.domain.reasons import FlowState
from common.messages.happened import Happened, from_record
from common.messages.record import Record
from common.messages.topology import Service
from common.runtime.handler import Batch, Handler, Outcome, SetAside
from services.executor.why import in_words
from services.executor.worker import ExecutorHandler
from services.executor.world import Stores
from services.filter.worker import FilterHandler
from services.success.worker import SuccessHandler
from services.trigger.worker import TriggerHandler
from tests.support.flows import START, an_open_flow


class MemoryRoad:
    """`now` is business time. `raised` is what was posted to the trigger and `again` what the executor posted to
    itself, as far as nobody has taken it yet, `aside`
    those whom it set aside."""

    def __init__(self, *flows: OpenFlow) -> None:
        self.now = START
        self.flows: dict[str, OpenFlow] = {}
        self.contacts = MemoryContacts()
        self.participants = MemoryParticipants()
        self.decisions = MemoryDecisions()
        self.effects = MemoryEffects()
        self.archive = MemoryArchive()
        self.addresses = MemoryAddresses()
        self.held = MemoryHeldAddresses()
        self.caps = MemoryCaps()
        self.versions = MemoryVersions()
        self.raised: list[Record] = []
        self.again: list[Record] = []
        self.told: list[Record] = []
        self.aside: list[SetAside] = []
        self._numbers = count(1)
        self.open(*flows)
        bulks: Any = MemoryBulks()
        stores: Any = Stores(
            participants=self.participants,
            contacts=self.contacts,
            decisions=self.decisions,
            effects=self.effects,
            archive=self.archive,
            addresses=self.addresses,
            held=self.held,
            turns=MemoryOwnerTurns(),
            bulks=bulks,
            caps=self.caps,
            users=MemoryUsers(START),
        )
        self.executor = ExecutorHandler(stores)
        versions: Any = self.versions
        contacts: Any = self.contacts
        self.before: Sequence[Handler] = (
            TriggerHandler(contacts, bulks),
            SuccessHandler(versions),
            FilterHandler(versions),
        )

    @property
    def book(self) -> FlowBook:
        return FlowBook(0, self.flows.values())

    @property
    def facts(self) -> list[Happened]:
        """What reporting was told."""
        return [from_record(record) for record in self.told]

    @property
    def last(self) -> Decision:
        return self.decisions.rows[-1]

    @property
    def words(self) -> str:
        """Every decision so far, explained."""
        return "\n".join(line for row in self.decisions.rows for line in in_words(row))

    def open(self, *flows: OpenFlow) -> Self:
        """These flows are open from now on, as they stand here."""
        for flow in flows:
            self.flows[flow.id] = flow
            self.versions.rows[flow.id, flow.version.version, flow.run] = flow
        return self

    def pause(self, flow_id: str = "test") -> Self:
        return self._in_state(flow_id, FlowState.PAUSED)

    def reopen(self, flow_id: str = "test") -> Self:
        """The flow runs again; those inside have not heard of it yet."""
        return self._in_state(flow_id, FlowState.RUNNING)

    def close(self, flow_id: str = "test") -> Self:
        del self.flows[flow_id]
        return self

    def _in_state(self, flow_id: str, state: FlowState) -> Self:
        flow = self.flows[flow_id]
        number = flow.version.version + (state is FlowState.RUNNING)
        return self.open(
            an_open_flow(flow.document, flow_id=flow_id, state=state, run=flow.run, version=number)
        )

    def knows(self, *contacts: Contact) -> Self:
        self.contacts.rows |= {contact.id: contact for contact in contacts}
        return self

    def after(self, **length: float) -> Self:
        self.now += timedelta(**length)
        return self

    def record(self, event_type: str, contact: str = "1", **data: Any) -> Record:
        """As it leaves the intake."""
        number = next(self._numbers)
        return Record(
            id=f"record-{number}", type=event_type, source="test", contact=contact, time=self.now, data=data
        )

    async def happens(self, event_type: str, contact: str = "1", **data: Any) -> Record:
        """One event, all the way; answers the record."""
        record = self.record(event_type, contact, **data)
        await self.send(record)
        return record

    async def suggest(self, contact: str = "1", flow_id: str = "test") -> Record:
        return await self.happens(ENROLMENT_SUGGESTED, contact, flow=flow_id, by="key test")

    async def send(self, *records: Record) -> None:
        """These in one batch, all the way."""
        await self.execute(*await self.found(*records))

    async def found(self, *records: Record) -> Sequence[Record]:
        """These as they come to the executor, with what the services before it found."""
        for handler in self.before:
            records = await self.through(handler, records)
        return records

    async def found_by_trigger(self, *records: Record) -> tuple[Record, ...]:
        """These as they leave the trigger."""
        return await self.through(self.before[0], records)

    async def through(self, handler: Handler, records: Sequence[Record]) -> tuple[Record, ...]:
        """One batch of one service before the executor; answers what goes on."""
        outcome = await self._decide(handler, records, ())
        self.raised += [record for service, record in outcome.posted if service is Service.TRIGGER]
        return tuple(outcome.onward)

    async def execute(self, *records: Record, timers: Sequence[Participant] = ()) -> None:
        """One batch of the executor."""
        outcome = await self._decide(self.executor, records, timers)
        self.told += outcome.onward
        self.aside += outcome.aside
        for service, record in outcome.posted:
            (self.raised if service is Service.TRIGGER else self.again).append(record)

    async def _decide(
        self, handler: Handler, records: Sequence[Record], timers: Sequence[Participant]
    ) -> Outcome:
        batch = Batch(partition=0, now=self.now, book=self.book, records=records, timers=timers)
        world = await handler.load(batch)
        for timer in timers:
            world.fire(timer)
        for record in records:
            world.decide(record)
        return world.outcome()

    async def fire(self) -> None:
        """Whatever is due."""
        await self.execute(timers=await self.participants.due(0, self.now, 500))

    async def run_on(self) -> int:
        """What flows have raised goes down the road, until nothing is left; answers how many that were."""
        number = 0
        while self.raised:
            records, self.raised = self.raised, []
            number += len(records)
            for record in records:
                await self.send(record)
        return number

    async def settle(self, contact: str, **settled: Any) -> None:
        """The sender tells what became of the contact's last message."""
        participant = self.passage(contact)
        last = participant.last_message
        assert last is not None
        told = {
            "effect": last.effect,
            "participant": participant.id,
            "flow": participant.flow,
            "run": participant.run,
            "version": participant.version,
            "step": "hello",
            "channel": last.channel,
            "content": last.content,
        }
        await self.execute(self.record(EFFECT_SETTLED, contact, **(told | settled)))

    async def end(self, flow_id: str = "test") -> None:
        """The flow is ended, and everyone inside hears of it."""
        run = self.flows[flow_id].run
        self.close(flow_id)
        await self._announce(FLOW_ENDED, flow_id, run)

    async def resume(self, flow_id: str = "test") -> None:
        """The flow is resumed, and everyone inside hears of it."""
        self.reopen(flow_id)
        await self._announce(FLOW_RESUMED, flow_id, self.flows[flow_id].run)

    async def _announce(self, event_type: str, flow_id: str, run: int) -> None:
        record = self.record(event_type, "", flow=flow_id, run=run).but(contact=None)
        await self.execute(record)
        while self.again:
            await self.execute(self.again.pop())

    def passages(self, contact: str = "1", flow_id: str | None = None) -> list[Participant]:
        """The oldest first."""
        mine = (p for p in self.participants.rows.values() if p.contact == contact)
        found = [p for p in mine if flow_id in (None, p.flow)]
        return sorted(found, key=lambda p: p.enrolled_at)

    def passage(self, contact: str = "1", flow_id: str | None = None) -> Participant:
        """The only one."""
        (one,) = self.passages(contact, flow_id)
        return one

    def refusals(self, rows: Iterable[Decision] | None = None) -> list[str | None]:
        """The reasons of all refusals, in order."""
        return [row.reason for row in rows or self.decisions.rows if row.verdict == "refused"]
