"""Loads what a batch of the executor needs to know, in a handful of queries whatever its size."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from secrets import token_hex
from time import time_ns
from typing import ClassVar

from common.domain.effect import Effect
from common.domain.event import (
    EFFECT_SETTLED,
    EFFECT_WAITS,
    FLOW_ENDED,
    FLOW_RESUMED,
    PARTICIPANT_REMOVED,
    SMS_REPORTED,
    TIMER_FIRED,
)
from common.domain.flow_book import FlowBook
from common.domain.open_flow import OpenFlow
from common.domain.participant import Participant
from common.domain.permission import Permission
from common.domain.reasons import FlowState
from common.domain.reassess import address_digest, address_key, hold_id
from common.domain.staff import NO_STAFF, Staff
from common.messages.following import ABOUT_MESSAGES, EARNINGS, FOLLOWS
from common.messages.record import Record
from common.messages.ticket import FRAME
from common.ports import Passage
from common.runtime.handler import Batch
from services.executor.turn import Known, Scope, Task
from services.executor.world import ExecutorWorld, Stores

BY_PARTICIPANT = frozenset({EFFECT_SETTLED, EFFECT_WAITS, PARTICIPANT_REMOVED, SMS_REPORTED, TIMER_FIRED})
LIFE_CYCLE = frozenset({FLOW_ENDED, FLOW_RESUMED})


class ExecutorHandler:
    """`tells`: whether a CRM outside hears of what is changed here."""

    keeps_time: ClassVar[bool] = True

    def __init__(self, stores: Stores, *, tells: bool = False) -> None:
        self._stores = stores
        self._tells = tells

    async def timers(self, partition: int, now: datetime, limit: int) -> Sequence[Passage]:
        return await self._stores.participants.due(partition, now, limit)

    async def load(self, batch: Batch) -> ExecutorWorld:
        tasks = {r.id: await self._task(r, batch) for r in batch.records if r.type in LIFE_CYCLE}
        participants = await self._participants(batch, tasks.values())
        contacts = {record.contact for record in batch.records if record.contact is not None}
        contacts |= {each.contact for each in participants.values() if each.id not in batch.spoilt}
        known = Known(
            participants,
            await self._stores.contacts.many(contacts),
            decided=await self._decided(batch.records),
        )
        known.holders |= await self._holders(batch, known)
        known.messages |= await self._messages(batch.records)
        known.followed |= await self._followed(batch.records)
        known.turns |= await self._turns(batch)
        scope = Scope(
            partition=batch.partition,
            now=batch.now,
            book=batch.book,
            blocked=await self._blocked(known),
            earlier=await self._stores.participants.earlier(once_only_pairs(batch.records, batch.book)),
            tasks=tasks,
            caps=(await self._stores.caps.all()).caps,
            staff=await self._staff(batch.book),
            trace=batch.trace,
            spoilt=batch.spoilt,
            tells=self._tells,
        )
        return ExecutorWorld(scope, known, self._stores, rising_ids())

    async def _staff(self, book: FlowBook) -> Staff:
        """The users among whom steps of open flows choose."""
        users, named = self._stores.users, book.staff
        if not named:
            return NO_STAFF
        people = (await users.many(named.users)).values() if named.users else ()
        colleagues = await users.of_groups(named.groups) if named.groups else ()
        return Staff((*people, *colleagues))

    async def _turns(self, batch: Batch) -> Mapping[str, int]:
        """How many the steps that share among users have given away so far."""
        if not batch.book.staff:
            return {}
        sharing = [step for flow in batch.book for step in flow.sharing]
        return await self._stores.turns.taken(batch.partition, sharing)

    async def _task(self, record: Record, batch: Batch) -> Task:
        """At the end everybody inside; at a resume those held, and those whose wait was changed meanwhile.

        Paused again, or ended, since the resume: nobody, the next act sees to them.
        """
        act, flow, run = record.id, record.data["flow"], record.data["run"]
        store, resumed = self._stores.participants, record.type == FLOW_RESUMED
        opened = batch.book.get(flow)
        if resumed and (opened is None or opened.run != run or opened.state is FlowState.PAUSED):
            return Task((), more=False)
        found = list(await store.of_flow(flow, run, batch.partition, FRAME, act=act, held=resumed))
        if resumed and opened is not None and len(found) < FRAME:
            changed, room = opened.version.changed_waits, FRAME - len(found)
            found += await store.outdated(flow, run, batch.partition, changed, room, act=act)
        people = {p.id: p for p in found if batch.only is None or p.id in batch.only}
        return Task(tuple(people.values()), more=len(found) == FRAME)

    async def _participants(self, batch: Batch, tasks: Iterable[Task]) -> dict[str, Participant]:
        """Those whose timers are due, those named, and every active passage of the batch's contacts."""
        store = self._stores.participants
        contacts = {record.contact for record in batch.records if record.contact is not None}
        named = {record.data["participant"] for record in batch.records if record.type in BY_PARTICIPANT}
        found = readable(batch.timers)
        for task in tasks:
            found |= readable(task.passages)
        if contacts:
            found |= {participant.id: participant for participant in await store.active(contacts)}
        if missing := named - found.keys():
            found |= {participant.id: participant for participant in await store.many(missing)}
        return found

    async def _messages(self, records: Iterable[Record]) -> dict[str, Effect]:
        """The effects of which readers, or providers, tell something."""
        named = {record.data.get("effect") for record in records if record.type in ABOUT_MESSAGES}
        wanted = {effect for effect in named if isinstance(effect, str)}
        found = await self._stores.effects.many(wanted) if wanted else ()
        return {effect.id: effect for effect in found}

    async def _followed(self, records: Iterable[Record]) -> dict[str, list[Participant]]:
        """By contact, the passages that its orders and sales may follow."""
        earning = [record for record in records if record.type in EARNINGS and record.contact is not None]
        found: dict[str, list[Participant]] = defaultdict(list)
        if earning:
            earliest = min(record.time for record in earning) - FOLLOWS
            contacts = {record.contact for record in earning if record.contact is not None}
            for passage in await self._stores.participants.since(contacts, earliest):
                found[passage.contact].append(passage)
        return found

    async def _decided(self, records: Iterable[Record]) -> set[tuple[str, str]]:
        """What was decided before on records that are taken up again; only of these it is ever asked."""
        again = [(record.contact, record.id) for record in records if record.again and record.contact]
        return await self._stores.decisions.decided(again) if again else set()

    async def _holders(self, batch: Batch, known: Known) -> dict[str, str | None]:
        """Who holds the addresses at which anybody of this batch may be mailed, each in its flow; `None`: nobody."""
        wanted = set(holds_wanted(batch, known))
        wanted |= {hold_id(p.flow, p.run, p.holds) for p in known.participants.values() if p.holds}
        found = await self._stores.held.holders(wanted) if wanted else {}
        return {held: found.get(held) for held in wanted}

    async def _blocked(self, known: Known) -> set[str]:
        emails = {contact.email for contact in known.contacts.values() if contact.email}
        blocked = await self._stores.addresses.blocked(emails) if emails else set()
        return {address_key(address) for address in blocked}


def holds_wanted(batch: Batch, known: Known) -> Iterator[str]:
    """For each passage there is or may be, in a flow that mails, the right to the contact's address."""
    passages = {(p.flow, p.run, p.contact) for p in known.participants.values() if p.active}
    passages |= {(s.flow, s.run, r.contact) for r in batch.records for s in r.suggestions if r.contact}
    mailing = {flow for flow in {flow for flow, _, _ in passages} if mails(batch.book.get(flow))}
    for flow, run, contact_id in passages:
        contact = known.contacts.get(contact_id)
        if flow in mailing and contact is not None and (address := address_digest(contact)):
            yield hold_id(flow, run, address)


def mails(flow: OpenFlow | None) -> bool:
    """Whether any step of the flow is an e-mail."""
    return flow is not None and any(
        place.step.permission is Permission.EMAIL for place in flow.chart.places.values()
    )


def readable(passages: Iterable[Passage]) -> dict[str, Participant]:
    return {passage.id: passage for passage in passages if isinstance(passage, Participant)}


def once_only_pairs(records: Iterable[Record], book: FlowBook) -> set[tuple[str, str]]:
    """(contact, flow) of the suggestions for which it matters whether there was a passage before."""
    return {
        (record.contact, suggestion.flow)
        for record in records
        for suggestion in record.suggestions
        if record.contact is not None
        and (flow := book.get(suggestion.flow)) is not None
        and flow.document.once_only
    }


def rising_ids() -> Callable[[], str]:
    """Ids that sort in the order in which they were made."""
    batch, number, unique = time_ns(), count(), token_hex(3)
    return lambda: f"{batch:016x}{next(number):06x}{unique}"
