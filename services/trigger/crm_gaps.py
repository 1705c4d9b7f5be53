"""What the CRM's webhook did not tell (domain.md §12): persons that were changed there and differ here, and sales and
requests of which nobody told that they were made.

A change is dealt with one look after it was first seen: by then its event has come, if it comes at all. Then a person
is told of only if the record says something else than we know, a sale or a request only if it was not told of before.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import CHANGED_PERSONS, NEW, Column, CrmRest, Touched
from common.adapters.crm.session import CrmAway, CrmRefused
from common.adapters.mongo.archive import MongoArchive
from common.adapters.mongo.crm_looks import Look, MongoCrmLooks
from common.domain.contact import Contact
from common.domain.contact_events import contact_data
from common.domain.event import CONTACT_CREATED, CONTACT_UPDATED
from common.messages.record import Record
from common.ports import Contacts, Unavailable
from common.runtime.intake import Intake
from services.trigger.crm_mapping import NOUNS
from services.trigger.events import Bad, read_event

log = structlog.get_logger()

PAUSED = "crm_gaps.paused"
CLOSED = "crm_gaps.closed"
NOT_FETCHED = "crm_gaps.not_fetched"
NOT_TAKEN = "crm_gaps.not_taken"

PERSON = "person"
SOURCE = "crm/changes"
ASK_SECONDS = 5.0
REQUESTS = 4
Close = Callable[[Sequence[Touched]], Awaitable[None]]
OVERLAP = timedelta(days=1)
"""The CRM compares days, in a zone of its own."""


class CrmGaps:
    """`every`: how long between two looks."""

    def __init__(
        self,
        looks: MongoCrmLooks,
        crm: CrmRest,
        contacts: Contacts,
        archive: MongoArchive,
        intake: Intake,
        every: timedelta,
    ) -> None:
        self._looks = looks
        self._crm = crm
        self._contacts = contacts
        self._archive = archive
        self._intake = intake
        self._every = every
        self._requests = asyncio.Semaphore(REQUESTS)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            for kind in KINDS:
                try:
                    await self.turn(kind, datetime.now(UTC))
                except (CrmAway, CrmRefused, Unavailable) as error:
                    log.warning(PAUSED, kind=kind, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ASK_SECONDS)

    async def turn(self, kind: str, now: datetime) -> None:
        """Look at one of `KINDS`, if it is time. What was changed before the first look of all is nobody's gap."""
        before = await self._looks.turn(kind, self._every)
        if before is None:
            return
        column, close = self._way(kind)
        seen = before.seen or ""
        async for page in self._crm.touched(column, day_of(before, now) - OVERLAP):
            if rows := [each for each in page if ripe(each, before)]:
                await close(rows)
            seen = max([seen, *(each.at for each in page)])
        through = seen if before.seen is None else before.seen
        await self._looks.looked(kind, before, Look(through, seen))

    def _way(self, kind: str) -> tuple[Column, Close]:
        if kind == PERSON:
            return CHANGED_PERSONS, self._compare
        return NEW[kind], partial(self._make_known, kind)

    async def _compare(self, changed: Sequence[Touched]) -> None:
        """Persons with the contacts that we know."""
        known = await self._contacts.many(each.key for each in changed)
        found = await self._records(PERSON, changed)
        records = [
            made for each in changed if (made := missed(each, found.get(each.key), known.get(each.key)))
        ]
        await self._submit(PERSON, records)

    async def _make_known(self, kind: str, made: Sequence[Touched]) -> None:
        """Those that belong to somebody, and of which no event tells."""
        noun, found = NOUNS[kind], await self._records(kind, made)
        owners = {key: each.contact for key, each in found.items() if each.contact}
        told = await self._archive.told(f"{noun}.created", noun, owners)
        records = [unheard(kind, each, found[each.key]) for each in made if each.key in owners.keys() - told]
        await self._submit(kind, [record for record in records if record is not None])

    async def _submit(self, kind: str, records: Sequence[Record]) -> None:
        fresh = await self._intake.submit(records)
        if sum(fresh):
            log.warning(CLOSED, kind=kind, records=sum(fresh))

    async def _records(self, kind: str, rows: Sequence[Touched]) -> Mapping[str, Fetched]:
        found = await asyncio.gather(*(self._fetch(kind, each.key) for each in rows))
        return {each.key: told for each, told in zip(rows, found, strict=True) if told}

    async def _fetch(self, kind: str, key: str) -> Fetched | None:
        async with self._requests:
            try:
                return await self._crm.fetch(kind, key)
            except CrmRefused as error:
                log.warning(NOT_FETCHED, kind=kind, key=key, why=str(error))
                return None


KINDS = (PERSON, *NEW)


def ripe(touched: Touched, look: Look) -> bool:
    """Seen at the last look already, and not dealt with."""
    return (look.through or "") < touched.at <= (look.seen or "")


def day_of(look: Look, now: datetime) -> datetime:
    """The day from which on to ask."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat((look.through or look.seen or "")[:10])
    return now


def unheard(kind: str, made: Touched, found: Fetched) -> Record | None:
    """The event that should have come; the same record is made once."""
    noun = NOUNS[kind]
    return as_event(
        {
            "id": f"{kind}:{made.key}:created",
            "type": f"{noun}.created",
            "source": SOURCE,
            "contact": found.contact,
            "data": found.data
            | {noun: made.key, "crm": {"entity": kind, "key": made.key, "registered": made.at}},
        }
    )


def missed(changed: Touched, found: Fetched | None, known: Contact | None) -> Record | None:
    """The event that should have come; `None` if the contact is as the record says. The same change is one event."""
    if found is None:
        return None
    document = {
        "id": f"{changed.key}:{changed.at}",
        "type": CONTACT_UPDATED if known else CONTACT_CREATED,
        "source": SOURCE,
        "contact": changed.key,
        "data": found.data | {"crm": told_of(changed, found)},
    }
    record = as_event(document)
    same = record is not None and known is not None and known.merge(contact_data(record.data)) == known
    return None if same else record


def told_of(changed: Touched, found: Fetched) -> dict[str, str]:
    told = {"entity": PERSON, "key": changed.key, "updated": changed.at}
    return told | {"updated_at": found.updated.isoformat()} if found.updated else told


def as_event(document: Mapping[str, object]) -> Record | None:
    """`None` for what can't be kept."""
    read = read_event(document, None)
    if isinstance(read, Bad):
        log.warning(NOT_TAKEN, event=document["id"], why=read.complaints[0].detail)
        return None
    return read.record
