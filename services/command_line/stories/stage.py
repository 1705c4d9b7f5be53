"""Where stories are played: the road of an event in memory, decided by the very worlds of the four services.

Nothing but the storage, the tickets and the wire are left out. Business time stands, as in step mode: timers due at
an instant go before what happens then, and every message leaves at the instant at which it was planned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from common.adapters.crm.channel import deed_of
from common.adapters.crm.making import made, raised
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
from common.domain import life_cycle
from common.domain.caps import Cap
from common.domain.chart import used_contents
from common.domain.claim import Await, Hold, Send, Withdraw, Withdrawal, at_claim
from common.domain.colleague import NOBODY
from common.domain.contact import Contact
from common.domain.contact_events import contact_data
from common.domain.crm_act import CRM
from common.domain.delivery import Settle
from common.domain.effect import Effect, EffectState
from common.domain.event import ENROLMENT_SUGGESTED, FLOW_ENDED, FLOW_RESUMED
from common.domain.flow import Flow, FlowVersion, StoredFlow
from common.domain.flow_book import FlowBook, OpenFlow
from common.domain.life_cycle import Act
from common.domain.participant import Participant
from common.domain.reasons import FlowState
from common.domain.reassess import is_blocked
from common.domain.selection import SelectionData
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Unsendable
from common.runtime.effect_outcomes import Outcome, record
from common.runtime.handler import Batch, Handler
from services.command_line.stories.calendar import Calendar
from services.executor.worker import ExecutorHandler
from services.executor.world import Stores
from services.filter.worker import FilterHandler
from services.success.worker import SuccessHandler
from services.trigger.worker import TriggerHandler

FRAME = 500
ANNOUNCED = {Act.RESUME: FLOW_RESUMED, Act.END: FLOW_ENDED}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that has left."""

    at: datetime
    effect: Effect
    addresses: frozenset[str]
    """The contact's, folded."""


def folded(contact: Contact) -> frozenset[str]:
    """Its addresses, as they are compared."""
    return frozenset(each.casefold() for each in (contact.email, contact.mobile) if each)


class Stage:
    """`now` is business time. Raises whatever the decisions raise: where an installation would park a record, a story
    has gone wrong."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        start: datetime,
        caps: Sequence[Cap] = (),
        selections: Mapping[str, SelectionData] | None = None,
    ) -> None:
        self.now = start
        self._calendar = Calendar(selections or {})
        self._from_crm: list[Record] = []
        self.contacts = MemoryContacts()
        self.participants = MemoryParticipants()
        self.decisions = MemoryDecisions()
        self.sent: list[Sent] = []
        self.effects = MemoryEffects()
        self._addresses = MemoryAddresses()
        self._caps = MemoryCaps(list(caps))
        self._versions = MemoryVersions()
        self._stored: dict[str, StoredFlow] = {}
        self._frozen: dict[str, FlowVersion] = {}
        self._epochs, self._numbers = count(1), count(1)
        self._open: dict[str, OpenFlow] = {}
        self._book = FlowBook(0, ())
        self._road, self._executor = self._services()
        for name, flow in flows.items():
            stored = StoredFlow(id=name, draft=flow, created_at=start, updated_at=start)
            self._take(life_cycle.run(stored, epoch=next(self._epochs), at=start), frozen=True)

    @property
    def flows(self) -> frozenset[str]:
        return frozenset(self._stored)

    def _services(self) -> tuple[Sequence[Handler], Handler]:
        """They ask of stores no more than these can answer."""
        contacts: Any = self.contacts
        versions: Any = self._versions
        bulks: Any = MemoryBulks()
        stores: Any = Stores(
            participants=self.participants,  # type: ignore[arg-type]
            contacts=contacts,
            decisions=self.decisions,  # type: ignore[arg-type]
            effects=self.effects,  # type: ignore[arg-type]
            archive=MemoryArchive(),  # type: ignore[arg-type]
            addresses=self._addresses,
            held=MemoryHeldAddresses(),
            turns=MemoryOwnerTurns(),
            bulks=bulks,
            caps=self._caps,
            users=MemoryUsers(self.now),
        )
        before = (TriggerHandler(contacts, bulks), SuccessHandler(versions), FilterHandler(versions))
        return before, ExecutorHandler(stores)

    def knows(self, contact: str, data: Mapping[str, Any]) -> None:
        """Somebody who was there before."""
        self.contacts.rows[contact] = Contact(id=contact).merge(contact_data(data)).but(revision=1)

    async def until(self, moment: datetime) -> None:
        """Let time pass up to a moment, whatever falls due at it included."""
        while (due := self._next_due()) is not None and due <= moment:
            self.now = max(self.now, due)
            if timers := await self.participants.due(0, self.now, FRAME):
                await self._settled(await self._decide(self._executor, (), timers))
            else:
                await self._scheduled()
        self.now = max(self.now, moment)

    async def _scheduled(self) -> None:
        """Everybody whom a schedule suggests now, one after the other."""
        for each in self._calendar.come(self.now, self.contacts.rows.values()):
            await self.happens(ENROLMENT_SUGGESTED, each.contact, {"flow": each.flow, "by": each.by})

    async def happens(self, event_type: str, contact: str, data: Mapping[str, Any]) -> None:
        """An event, with all that comes of it at once."""
        await self._travel([self._record(event_type, contact, data)])

    async def act(self, act: Act, flow: str) -> None:
        """Pause, resume or end a flow. Raises `ActRefused`, and `KeyError` for a flow that is not there."""
        stored = self._stored[flow]
        perform = {Act.PAUSE: life_cycle.pause, Act.RESUME: life_cycle.resume, Act.END: life_cycle.end}[act]
        self._take(perform(stored, epoch=next(self._epochs), at=self.now), frozen=act is Act.RESUME)
        if act in ANNOUNCED:
            told = self._record(ANNOUNCED[act], None, {"flow": flow, "run": stored.run})
            await self._settled(await self._decide(self._executor, [told]))
        else:
            await self._settled(())

    def _take(self, stored: StoredFlow, *, frozen: bool) -> None:
        """A flow as it is now; what is closed is in the book no more."""
        if frozen:
            contents = dict.fromkeys(used_contents(stored.draft), 1)
            before = self._frozen.get(stored.id)
            self._frozen[stored.id] = life_cycle.freeze(stored, contents, self.now, before)
            self._calendar.write(stored, self._frozen[stored.id])
        if stored.state is FlowState.NOT_RUNNING:
            self._calendar.write(stored, None)
        self._stored[stored.id] = stored
        version = self._frozen[stored.id]
        flow = OpenFlow(id=stored.id, state=stored.state, run=stored.run, version=version)
        self._versions.rows[stored.id, version.version, stored.run] = flow
        self._open.pop(stored.id, None)
        if stored.state is not FlowState.NOT_RUNNING:
            self._open[stored.id] = flow
        self._book = FlowBook(stored.epoch, self._open.values())

    def _next_due(self) -> datetime | None:
        timers = [each.due for each in self.participants.rows.values() if each.due]
        return min([*timers, *([self._calendar.next] if self._calendar.next else [])], default=None)

    def _record(self, event_type: str, contact: str | None, data: Mapping[str, Any]) -> Record:
        name = f"story-{next(self._numbers)}"
        return Record(
            id=name, type=event_type, source="story", contact=contact, time=self.now, data=dict(data)
        )

    async def _travel(self, records: Sequence[Record]) -> None:
        later: list[tuple[Service | None, Record]] = []
        for handler in self._road:
            answered = await self._decide(handler, records)
            records = [each for service, each in answered if service is None]
            later += [each for each in answered if each[0] is not None]
        await self._settled([*await self._decide(self._executor, records), *later])

    async def _settled(self, posted: Sequence[tuple[Service | None, Record]]) -> None:
        """What the executor posted, one after the other, and the messages that it planned, until all is quiet."""
        waiting = [each for each in posted if each[0] is not None]
        while waiting:
            service, next_one = waiting.pop(0)
            if service is Service.TRIGGER:
                await self._travel([next_one])
            elif service is Service.EXECUTOR:
                again = await self._decide(self._executor, [next_one])
                waiting += [each for each in again if each[0] is not None]
        told = [outcome for effect in self._planned() if (outcome := self._send(effect)) is not None]
        for each in told:
            await self._settled(await self._decide(self._executor, [each]))
        while self._from_crm:
            await self._travel([self._from_crm.pop(0)])

    async def _decide(
        self, handler: Handler, records: Sequence[Record], timers: Sequence[Participant] = ()
    ) -> Sequence[tuple[Service | None, Record]]:
        """One batch; answers what goes on (to no service in particular) and what was posted."""
        batch = Batch(partition=0, now=self.now, book=self._book, records=records, timers=timers)
        world = await handler.load(batch)
        for timer in timers:
            world.fire(timer)
        for each in records:
            world.decide(each)
        outcome = world.outcome()
        return [*((None, each) for each in outcome.onward), *outcome.posted]

    def _planned(self) -> Sequence[Effect]:
        return [each for each in self.effects.rows.values() if each.state is EffectState.PLANNED]

    def _send(self, effect: Effect) -> Record | None:
        """Ask once more, as the sender does; `None` while its flow is paused. The window was asked just now."""
        contact = self.contacts.rows.get(effect.contact)
        blocked = contact is not None and is_blocked(contact, self._addresses.blocking)
        removed = effect.participant not in self.participants.rows
        flow = self._book.get(effect.flow)
        match at_claim(effect, flow, contact, self.now, blocked=blocked, removed=removed):
            case Hold() | Await():
                return None
            case Withdraw(reason=reason, text=text):
                return self._told(effect, Settle(EffectState.WITHDRAWN, text), reason.value)
            case Send(contact=reached):
                return self._take_over(effect, reached)

    def _take_over(self, effect: Effect, contact: Contact) -> Record | None:
        """What leaves is sent; what is done in the CRM raises its event, as the built-in one does."""
        if effect.channel == CRM:
            try:
                deed = deed_of(effect, contact, NOBODY, self.now)
            except Unsendable as error:
                return self._told(
                    effect, Settle(EffectState.WITHDRAWN, str(error)), Withdrawal.UNSENDABLE.value
                )
            if record := made(deed):
                self._from_crm.append(raised(deed, record))
        self.sent.append(Sent(self.now, effect, folded(contact)))
        return self._told(effect, Settle(EffectState.DONE, "taken by the story"))

    def _told(self, effect: Effect, settle: Settle, reason: str | None = None) -> Record | None:
        self.effects.rows[effect.id] = effect.but(state=settle.state, settled_at=self.now)
        return record(Outcome(effect, settle, attempts=1, reason=reason), self.now)
