"""The CRM's events gain what it does not tell of its records: names, addresses, amounts (domain.md §12).

An event is accepted first, and waits here while the CRM is away. Then its record is fetched once for all the events
that wait for it, and they go on the road in the order in which they came.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import READERS, CrmRest, Message
from common.adapters.crm.session import CrmAway, CrmRefused
from common.adapters.mongo.crm_events import CrmEvent, MongoCrmEvents
from common.domain.contact_events import CONSENTED, GONE, HELD_CONSENTS
from common.messages.record import Record
from common.ports import Unavailable
from services.trigger.crm_intake import CrmIntake
from services.trigger.crm_mapping import membership
from services.trigger.crm_payload import Payload, moment
from services.trigger.crm_telling import message_added
from services.trigger.events import Bad, read_event

log = structlog.get_logger()

PAUSED = "crm_enrichment.paused"
NOT_FETCHED = "crm_enrichment.not_fetched"
NOT_TAKEN = "crm_enrichment.not_taken"

AT_ONCE = 100
REQUESTS = 4
LOOK_SECONDS = 0.5
LONGEST_PAUSE = 60.0
DELETED = frozenset({"deleted", "softdeleted"})
REQUEST_UPDATED = "request.updated"
RECENT = timedelta(hours=1)
"""Older messages, when their request is told as changed, were told before, or are nobody's news."""

Name = tuple[str, str]


def waits_its_turn(payload: Payload) -> bool:
    """Whether there is more to know of it than the event tells, or it may not overtake what was told of a person."""
    is_deleted = payload.event.partition(".")[2] in DELETED
    return payload.entity in READERS and (payload.entity == "person" or not is_deleted)


class CrmEnricher:
    def __init__(self, waiting: MongoCrmEvents, crm: CrmRest, intake: CrmIntake) -> None:
        self._waiting = waiting
        self._crm = crm
        self._intake = intake
        self._requests = asyncio.Semaphore(REQUESTS)

    async def take(self, payload: Payload, record: Record) -> bool:
        """Keep it until its record is fetched; `False` where it waits already. Raises `Unavailable`."""
        return await self._waiting.add(CrmEvent(record, payload.entity, payload.key))

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop; what waits then is taken at the next start, or by another process."""
        pause = LOOK_SECONDS
        while not stopping.is_set():
            try:
                busy = await self.turn() == AT_ONCE
                pause = LOOK_SECONDS
            except (CrmAway, Unavailable) as error:
                busy, pause = False, min(pause * 2, LONGEST_PAUSE)
                log.warning(PAUSED, seconds=pause, why=str(error))
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)

    async def turn(self) -> int:
        """Put the oldest on the road; how many. Raises `CrmAway` and `Unavailable`: they wait on."""
        events = await self._waiting.oldest(AT_ONCE)
        if events:
            found = await self._fetch_all(events)
            told = [enriched(each.record, found.get((each.entity, each.key))) for each in events]
            await self._intake.submit([*told, *await self._messages(events, found)])
            await self._waiting.done([each.record.id for each in events])
        return len(events)

    async def _fetch_all(self, events: Iterable[CrmEvent]) -> Mapping[Name, Fetched | None]:
        names = list(
            dict.fromkeys((each.entity, each.key) for each in events if each.record.type not in GONE)
        )
        found: Sequence[Fetched | None] = await asyncio.gather(*(self._fetch(*name) for name in names))
        return dict(zip(names, found, strict=True))

    async def _fetch(self, entity: str, key: str) -> Fetched | None:
        async with self._requests:
            try:
                return await self._crm.fetch(entity, key)
            except CrmRefused as error:
                log.warning(NOT_FETCHED, entity=entity, key=key, why=str(error))
                return None

    async def _messages(
        self, events: Iterable[CrmEvent], found: Mapping[Name, Fetched | None]
    ) -> list[Record]:
        """What was added to requests of late: that they were changed is all that the CRM tells of it."""
        told = []
        for each in events:
            request = found.get((each.entity, each.key)) if each.record.type == REQUEST_UPDATED else None
            if request is not None and request.contact is not None:
                recent = [said for said in await self._said(each.key) if is_recent(said, each.record.sent_at)]
                told += [
                    made for said in reversed(recent) if (made := message_added(each.key, said, request))
                ]
        return told

    async def _said(self, request: str) -> Sequence[Message]:
        try:
            return await self._crm.messages(request)
        except CrmRefused as error:
            log.warning(NOT_FETCHED, entity="ticketmessage", key=request, why=str(error))
            return ()


def is_recent(message: Message, told: datetime | None) -> bool:
    at = moment(message.at)
    return at is None or told is None or at.at >= told - RECENT


def enriched(record: Record, found: Fetched | None) -> Record:
    """With what the record says; as it came, where it is gone, or says what can't be kept."""
    if found is None:
        return record
    gained = found.data
    if record.type in CONSENTED:  # a change of nothing else
        gained = {name: value for name, value in gained.items() if name == HELD_CONSENTS}
    data = record.data | gained
    document = {
        "id": record.id,
        "type": membership(record.type, data),
        "source": record.source,
        "contact": record.contact or found.contact,
        "data": data | as_of(record, found),
    }
    read = read_event(document, None)
    if isinstance(read, Bad):
        log.warning(
            NOT_TAKEN, record=record.id, place=read.complaints[0].pointer, why=read.complaints[0].detail
        )
        return record
    known = read.record
    taken: Record = record.but(type=known.type, contact=known.contact, data=known.data, size=known.size)
    return taken


def as_of(record: Record, found: Fetched) -> dict[str, Any]:
    """With what the CRM told, when the record was changed last."""
    if found.updated is None:
        return {}
    return {"crm": {**record.data.get("crm", {}), "updated_at": found.updated.isoformat()}}
