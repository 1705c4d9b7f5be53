"""The CRM's events gain what it does not tell of its records: names, addresses, amounts (domain.md §12).

An event is accepted first, and waits here while the CRM is away. Then its record is fetched once for all the events
that wait for it, and they go on the road in the order in which they came.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import READERS, CrmRest
from common.adapters.crm.session import CrmAway, CrmRefused
from common.adapters.mongo.crm_events import CrmEvent, MongoCrmEvents
from common.messages.record import Record
from common.ports import Unavailable
from common.runtime.intake import Intake
from services.trigger.crm_payload import Payload
from services.trigger.events import Bad, read_event

log = structlog.get_logger()

PAUSED = "crm_enrichment.paused"
NOT_FETCHED = "crm_enrichment.not_fetched"
NOT_TAKEN = "crm_enrichment.not_taken"

AT_ONCE = 100
REQUESTS = 4
LOOK_SECONDS = 0.5
LONGEST_PAUSE = 60.0
GONE = frozenset({"deleted", "softdeleted"})

Name = tuple[str, str]


def is_fetched(payload: Payload) -> bool:
    """Whether there is more to know of it than the event tells."""
    return payload.entity in READERS and payload.event.partition(".")[2] not in GONE


class CrmEnricher:
    def __init__(self, waiting: MongoCrmEvents, crm: CrmRest, intake: Intake) -> None:
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
            await self._intake.submit(
                [enriched(each.record, found[each.entity, each.key]) for each in events]
            )
            await self._waiting.done([each.record.id for each in events])
        return len(events)

    async def _fetch_all(self, events: Iterable[CrmEvent]) -> Mapping[Name, Fetched | None]:
        names = list(dict.fromkeys((each.entity, each.key) for each in events))
        found: Sequence[Fetched | None] = await asyncio.gather(*(self._fetch(*name) for name in names))
        return dict(zip(names, found, strict=True))

    async def _fetch(self, entity: str, key: str) -> Fetched | None:
        async with self._requests:
            try:
                return await self._crm.fetch(entity, key)
            except CrmRefused as error:
                log.warning(NOT_FETCHED, entity=entity, key=key, why=str(error))
                return None


def enriched(record: Record, found: Fetched | None) -> Record:
    """With what the record says; as it came, where it is gone, or says what can't be kept."""
    if found is None:
        return record
    document = {
        "id": record.id,
        "type": record.type,
        "source": record.source,
        "contact": record.contact or found.contact,
        "data": record.data | found.data,
    }
    read = read_event(document, None)
    if isinstance(read, Bad):
        log.warning(
            NOT_TAKEN, record=record.id, place=read.complaints[0].pointer, why=read.complaints[0].detail
        )
        return record
    known = read.record
    taken: Record = record.but(contact=known.contact, data=known.data, size=known.size)
    return taken
