"""What may be missing of the CRM's records of each kind: how it is listed, and what of it nobody told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import CHANGED, NEW, Column, CrmRest, Message, Touched
from common.adapters.crm.session import CrmRefused
from common.adapters.mongo.archive import MongoArchive
from common.adapters.mongo.crm_looks import Look
from common.domain.company_news import told_company
from common.domain.contact import Contact, TooManyValues
from common.domain.contact_events import changed_by
from common.domain.event import COMPANY_UPDATED, CONTACT_UPDATED
from common.messages.record import Record
from common.ports import Contacts
from services.trigger import crm_telling as telling
from services.trigger.crm_mapping import NOUNS

log = structlog.get_logger()

NOT_FETCHED = "crm_gaps.not_fetched"
REQUESTS = 4
OVERLAP = timedelta(days=1)
"""The CRM compares days, in a zone of its own."""
COLLEAGUES = 50
"""Contacts of a company that are laid beside its record."""
TOLD_OF = ("created", "updated", "sold", "lost", "completed", "message_added")


class GapKind(Protocol):
    @property
    def name(self) -> str:
        """Under which its looks are kept."""
        ...

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        """What may be news since the look before, in pages, in the order of `at`."""
        ...

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        """The events that should have come."""
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """The CRM, asked a few things at a time."""

    crm: CrmRest
    requests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REQUESTS))

    async def records(self, entity: str, keys: Sequence[str]) -> Mapping[str, Fetched]:
        found = await asyncio.gather(*(self._fetch(entity, key) for key in keys))
        return {key: told for key, told in zip(keys, found, strict=True) if told}

    async def messages(self, requests: Sequence[str]) -> Mapping[str, Sequence[Message]]:
        found = await asyncio.gather(*(self._messages(key) for key in requests))
        return dict(zip(requests, found, strict=True))

    async def _fetch(self, entity: str, key: str) -> Fetched | None:
        async with self.requests:
            try:
                return await self.crm.fetch(entity, key)
            except CrmRefused as error:
                log.warning(NOT_FETCHED, kind=entity, key=key, why=str(error))
                return None

    async def _messages(self, request: str) -> Sequence[Message]:
        async with self.requests:
            try:
                return await self.crm.messages(request)
            except CrmRefused as error:
                log.warning(NOT_FETCHED, kind="ticketmessage", key=request, why=str(error))
                return ()

    def touched(self, column: Column, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        """By moments, from the day of the last look on; by ids, behind the last that was seen."""
        if column.moment is not None:
            return self.crm.touched(column, day_of(before, now) - OVERLAP)
        if before.seen is None:
            return self.crm.newest(column)
        return self.crm.made_behind(column, before.through or "0")


@dataclass(frozen=True, slots=True)
class Persons:
    """Those that differ from the contacts that we know."""

    asking: Asking
    contacts: Contacts
    name: str = "person"

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        return self.asking.touched(CHANGED["person"], before, now)

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        known = await self.contacts.many(each.key for each in rows)
        found = await self.asking.records("person", [each.key for each in rows])
        return [
            telling.person_changed(each, found[each.key], known=each.key in known)
            for each in rows
            if each.key in found and differs(known.get(each.key), CONTACT_UPDATED, found[each.key].data)
        ]


@dataclass(frozen=True, slots=True)
class Companies:
    """Those that differ from what their contacts carry of them."""

    asking: Asking
    contacts: Contacts
    name: str = "contact"

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        return self.asking.touched(CHANGED["contact"], before, now)

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        ids = {each.key: await self.contacts.of_company(each.key, "", COLLEAGUES) for each in rows}
        known = await self.contacts.many(contact for theirs in ids.values() for contact in theirs)
        ours = [each for each in rows if ids[each.key]]
        found = await self.asking.records("contact", [each.key for each in ours])
        return [
            telling.company_changed(each, found[each.key])
            for each in ours
            if each.key in found
            and self._differ([known[i] for i in ids[each.key] if i in known], each.key, found[each.key])
        ]

    def _differ(self, colleagues: Sequence[Contact], company: str, found: Fetched) -> bool:
        told = told_company(found.data | {"company": company})
        return any(differs(each, COMPANY_UPDATED, {"company": told}) for each in colleagues)


@dataclass(frozen=True, slots=True)
class Made:
    """Sales, requests and follow-ups of which no event says that they were made."""

    asking: Asking
    archive: MongoArchive
    name: str

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        return self.asking.touched(NEW[self.name], before, now)

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        noun, found = NOUNS[self.name], await self.asking.records(self.name, [each.key for each in rows])
        owners = {key: each.contact for key, each in found.items() if each.contact}
        told = await self.archive.told(f"{noun}.created", noun, owners)
        wanted = owners.keys() - told
        return [telling.made(self.name, each, found[each.key]) for each in rows if each.key in wanted]


@dataclass(frozen=True, slots=True)
class Changed:
    """Sales and requests that say something else than the last event about them."""

    asking: Asking
    archive: MongoArchive
    kind: str

    @property
    def name(self) -> str:
        return f"{self.kind}.changed"

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        return self.asking.touched(CHANGED[self.kind], before, now)

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        noun, found = NOUNS[self.kind], await self.asking.records(self.kind, [each.key for each in rows])
        owners = {key: each.contact for key, each in found.items() if each.contact}
        types = [f"{noun}.{verb}" for verb in TOLD_OF]
        histories = await self.archive.histories(types, noun, owners)
        events: list[Record | None] = []
        for each in rows:
            if each.key in owners:
                told, history = found[each.key], histories.get(each.key, ())
                news = ["updated"] if telling.is_news(told, history) else []
                news += filter(None, [telling.untold_outcome(told, history)])
                events += [telling.changed(self.kind, each, told, verb) for verb in news]
        return events


@dataclass(frozen=True, slots=True)
class Messages:
    """Added to requests; what a request began with is none."""

    asking: Asking
    archive: MongoArchive
    name: str = "ticketmessage"

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        return self.asking.touched(NEW[self.name], before, now)

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        told = await self.archive.many([telling.message_id(each.key) for each in rows])
        fresh = {each.key for each in rows if telling.message_id(each.key) not in told}
        requests = list(dict.fromkeys(each.parent for each in rows if each.parent and each.key in fresh))
        found = await self.asking.records("ticket", requests)
        said = await self.asking.messages([key for key in requests if key in found and found[key].contact])
        return [
            telling.message_added(request, each, found[request])
            for request, messages in said.items()
            for each in reversed(messages)
            if each.key in fresh
        ]


@dataclass(frozen=True, slots=True)
class Members:
    """Of projects, who are not on them here. Who left one is on no list, and stays unnoticed."""

    asking: Asking
    contacts: Contacts
    name: str = "projectmember"

    def listed(self, before: Look, now: datetime) -> AsyncIterator[Sequence[Touched]]:
        return self.asking.touched(NEW[self.name], before, now)

    async def untold(self, rows: Sequence[Touched]) -> Sequence[Record | None]:
        found = await self.asking.records(self.name, [each.key for each in rows])
        known = await self.contacts.many(each.contact for each in found.values() if each.contact)
        return [
            telling.joined_project(each, found[each.key])
            for each in rows
            if each.key in found and is_outside(found[each.key], known)
        ]


def gap_kinds(crm: CrmRest, contacts: Contacts, archive: MongoArchive) -> Sequence[GapKind]:
    """In the order in which they are looked at: who somebody is, before what somebody does."""
    asking = Asking(crm)
    return (
        Persons(asking, contacts),
        Companies(asking, contacts),
        Members(asking, contacts),
        *(Made(asking, archive, name) for name in ("sale", "ticket", "appointment")),
        *(Changed(asking, archive, kind) for kind in ("sale", "ticket")),
        Messages(asking, archive),
    )


def differs(known: Contact | None, event_type: str, data: Mapping[str, Any]) -> bool:
    """Whether the event would change the contact, or make it."""
    if known is None:
        return True
    try:
        return changed_by(known, event_type, data, datetime.now(UTC)) is not known
    except TooManyValues:
        return True  # the event is parked, where somebody sees it


def is_outside(member: Fetched, known: Mapping[str, Contact]) -> bool:
    if member.contact is None or "project" not in member.data:
        return False
    contact = known.get(member.contact)
    return contact is None or member.data["project"] not in contact.projects


def day_of(look: Look, now: datetime) -> datetime:
    """The day from which on to ask."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat((look.through or look.seen or "")[:10])
    return now
