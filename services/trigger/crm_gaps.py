"""What the CRM's webhook did not tell (domain.md §12): persons that were changed there, and differ here.

A change is dealt with one look after it was first seen: by then its event has come, if it comes at all. Then a person
is told of only if the record says something else than we know.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import ChangedPerson, CrmRest
from common.adapters.crm.session import CrmAway, CrmRefused
from common.adapters.mongo.crm_looks import Look, MongoCrmLooks
from common.domain.contact import Contact
from common.domain.contact_events import contact_data
from common.domain.event import CONTACT_CREATED, CONTACT_UPDATED
from common.messages.record import Record
from common.ports import Contacts, Unavailable
from common.runtime.intake import Intake
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
OVERLAP = timedelta(days=1)
"""The CRM compares days, in a zone of its own."""


class CrmGaps:
    """`every`: how long between two looks."""

    def __init__(
        self, looks: MongoCrmLooks, crm: CrmRest, contacts: Contacts, intake: Intake, every: timedelta
    ) -> None:
        self._looks = looks
        self._crm = crm
        self._contacts = contacts
        self._intake = intake
        self._every = every
        self._requests = asyncio.Semaphore(REQUESTS)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            try:
                await self.turn(datetime.now(UTC))
            except (CrmAway, CrmRefused, Unavailable) as error:
                log.warning(PAUSED, why=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ASK_SECONDS)

    async def turn(self, now: datetime) -> None:
        """Look, if it is time. What was changed before the first look of all is nobody's gap."""
        before = await self._looks.turn(PERSON, self._every)
        if before is None:
            return
        seen = before.seen or ""
        async for page in self._crm.changed_persons(day_of(before, now) - OVERLAP):
            await self._close([each for each in page if ripe(each, before)])
            seen = max([seen, *(each.updated for each in page)])
        through = seen if before.seen is None else before.seen
        await self._looks.looked(PERSON, before, Look(through, seen))

    async def _close(self, changed: Sequence[ChangedPerson]) -> None:
        if not changed:
            return
        known = await self._contacts.many(each.key for each in changed)
        found = await asyncio.gather(*(self._fetch(each.key) for each in changed))
        pairs = zip(changed, found, strict=True)
        records = [made for each, told in pairs if told and (made := missed(each, told, known.get(each.key)))]
        fresh = await self._intake.submit(records)
        if sum(fresh):
            log.warning(CLOSED, persons=sum(fresh))

    async def _fetch(self, key: str) -> Fetched | None:
        async with self._requests:
            try:
                return await self._crm.fetch(PERSON, key)
            except CrmRefused as error:
                log.warning(NOT_FETCHED, key=key, why=str(error))
                return None


def ripe(changed: ChangedPerson, look: Look) -> bool:
    """Seen at the last look already, and not dealt with."""
    return (look.through or "") < changed.updated <= (look.seen or "")


def day_of(look: Look, now: datetime) -> datetime:
    """The day from which on to ask."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat((look.through or look.seen or "")[:10])
    return now


def missed(changed: ChangedPerson, found: Fetched, known: Contact | None) -> Record | None:
    """The event that should have come; `None` if the contact is as the record says. The same change is one event."""
    document = {
        "id": f"{changed.key}:{changed.updated}",
        "type": CONTACT_UPDATED if known else CONTACT_CREATED,
        "source": SOURCE,
        "contact": changed.key,
        "data": found.data | {"crm": {"entity": PERSON, "key": changed.key, "updated": changed.updated}},
    }
    read = read_event(document, None)
    if isinstance(read, Bad):
        log.warning(NOT_TAKEN, key=changed.key, why=read.complaints[0].detail)
        return None
    same = known is not None and known.merge(contact_data(read.record.data)) == known
    return None if same else read.record
