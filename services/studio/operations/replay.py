"""Events of the past taken up again for flows that never decided on them (architecture.md §3.3).

Only pairs of event and flow without a decision are reissued, for flows that took participants when the event was
archived and have been in the same run since. They join the road behind the trigger: nothing is applied again, no wait
and no criterion hears of them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from common.adapters.mongo.flows import MongoFlows
from common.adapters.mongo.undecided import Archived, ArchivePage, MongoUndecided
from common.domain.contact import Contact
from common.domain.event import CONTACT_IMPORTED, ENROLMENT_SUGGESTED
from common.domain.facts import collect
from common.domain.flow_book import FlowBook, Match
from common.domain.flow_history import FlowAct, open_at
from common.domain.open_flow import OpenFlow
from common.messages.record import Record, Suggestion
from common.messages.topology import Service
from common.ports import Batches, Commit, Contacts
from common.runtime.flow_cache import FLOW_UNREADABLE, FlowCache
from common.runtime.parking import describe

log = structlog.get_logger()

PAGE = 500


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind the event of this id, archived at this moment (machine time)."""

    at: datetime
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one page came to.

    `reissued`: pairs of event and flow; `under_way`: events that wait in tickets or are parked; `unknowable`: pairs
    whose trigger asks for values before the event, which the archive doesn't keep. `next`: `None` at the end.
    """

    looked: int
    reissued: int
    under_way: int
    unknowable: int
    next: Cursor | None


class Replay:
    def __init__(
        self,
        archive: MongoUndecided,
        flows: MongoFlows,
        cache: FlowCache,
        contacts: Contacts,
        batches: Batches,
    ) -> None:
        self._archive = archive
        self._flows = flows
        self._cache = cache
        self._contacts = contacts
        self._batches = batches

    async def page(self, start: Cursor, flow: str | None = None) -> Replayed:
        """Take up one page of the archive, for one flow or all. Doing it twice does it once."""
        page = await self._archive.page(start.at, start.event, PAGE)
        history = await self._flows.history()
        contacts = await self._contacts.many(each.record.contact or "" for each in page.events)
        books: dict[tuple[FlowAct, ...], FlowBook] = {}
        reissued: list[Record] = []
        unknowable = 0
        for archived in page.events:
            if archived.record.id in page.under_way:
                continue
            book = await self._book(still_open(history, archived.archived_at, flow), books)
            contact = contacts.get(archived.record.contact or "")
            asked, unknown = undecided(archived.record, contact, book, page)
            unknowable += unknown
            reissued += [asked] if asked else []
        await self._batches.commit(Commit(posted=[(Service.SUCCESS, record) for record in reissued]))
        return Replayed(
            looked=len(page.events),
            reissued=sum(len(record.suggestions) for record in reissued),
            under_way=len(page.under_way),
            unknowable=unknowable,
            next=behind(page.events[-1]) if len(page.events) == PAGE else None,
        )

    async def _book(self, acts: tuple[FlowAct, ...], known: dict[tuple[FlowAct, ...], FlowBook]) -> FlowBook:
        """The flows by the versions that they then had; one book for all events between two acts."""
        if acts not in known:
            flows = [await self._readable(act) for act in acts]
            known[acts] = FlowBook(0, [flow for flow in flows if flow is not None])
        return known[acts]

    async def _readable(self, act: FlowAct) -> OpenFlow | None:
        """A flow that can't be read is left out, and its events stay undecided for another time."""
        try:
            return await self._cache.version(act.flow, act.version, act.run)
        except ValueError as error:
            log.error(FLOW_UNREADABLE, flow=act.flow, flow_version=act.version, why=describe(error))
            return None


def still_open(history: Sequence[FlowAct], moment: datetime, only: str | None) -> tuple[FlowAct, ...]:
    """The flows that took participants at this moment, and do so now in the same run."""
    last = {act.flow: act for act in history}
    return tuple(
        act
        for name, act in open_at(history, moment).items()
        if only in (None, name) and last[name].open and last[name].run == act.run
    )


def undecided(
    record: Record, contact: Contact | None, book: FlowBook, page: ArchivePage
) -> tuple[Record | None, int]:
    """The record with what no flow has decided on, if anything; and how many pairs can't be told."""
    contact = contact or Contact(id=record.contact or "")
    suggestions, unknown = suggested(record, contact, book)
    left = tuple(each for each in suggestions if (record.id, each.flow) not in page.decided)
    untold = sum((record.id, flow) not in page.decided for flow in unknown)
    if not left:
        return None, untold
    names = {name for each in left for name in book.fields_of(each.flow)}
    facts = collect(names, contact, event_view(record), record.before)
    again: Record = record.but(
        again=True,
        applied=True,
        facts=facts,
        suggestions=left,
        size=len(json.dumps(record.data, default=str)),
    )
    return again, untold


def suggested(record: Record, contact: Contact, book: FlowBook) -> tuple[list[Suggestion], set[str]]:
    """What the event suggests the contact for, and the flows of which that can't be told any more."""
    if record.type == CONTACT_IMPORTED:
        return [], set()
    if record.type == ENROLMENT_SUGGESTED:
        return list(by_hand(record, book)), set()
    facts = collect(book.fields(record.type), contact, event_view(record), record.before)
    matches = book.triggers(record.type, facts, record.time)
    unknown = {match.flow.id for match in matches if asks_before(match) and not record.before}
    return [by_trigger(match) for match in matches if match.flow.id not in unknown], unknown


def by_hand(record: Record, book: FlowBook) -> Iterator[Suggestion]:
    flow = book.get(record.data["flow"])
    if flow is not None:
        by = record.data.get("by", "manual")
        yield Suggestion(flow=flow.id, version=flow.version.version, run=flow.run, by=by)


def by_trigger(match: Match) -> Suggestion:
    return Suggestion(
        flow=match.flow.id,
        version=match.flow.version.version,
        run=match.flow.run,
        by=f"triggers[{match.index}]",
        seen=match.verdict.seen,
    )


def asks_before(match: Match) -> bool:
    """Whether the trigger is about what the event changed."""
    named = match.flow.triggers[match.index].pattern.fields()
    return any(name == "event.changed" or name.startswith("before.") for name in named)


def event_view(record: Record) -> dict[str, Any]:
    """The event as conditions see it. Which fields it changed is told by their values before it."""
    return {**record.data, "type": record.type, "changed": list(paths(record.before))}


def paths(values: dict[str, Any], root: str = "") -> Iterator[str]:
    """The names of the fields in nested values: `company.name`, `category`. Consents change as a whole."""
    for name, value in values.items():
        if isinstance(value, dict) and root != "consents.":
            yield from paths(value, f"{root}{name}.")
        else:
            yield f"{root}{name}"


def behind(last: Archived) -> Cursor:
    return Cursor(last.archived_at, last.record.id)
