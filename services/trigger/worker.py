"""WHEN: applies events to contacts, and finds the flows that they start or that listen for them."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from common.domain.company_news import HEARD, told_to
from common.domain.contact import Contact
from common.domain.contact_changes import changed_fields, values
from common.domain.contact_events import READ, by_bot, changed_by
from common.domain.event import (
    ACT_WANTED,
    BULK_CONTINUED,
    COMPANY_TOLD,
    ENROLMENT_SUGGESTED,
    MAIL_BOUNCED,
    MAIL_COMPLAINED,
    ORDER_PLACED,
    PARTICIPANT_REMOVED,
    SALE_CREATED,
    SALE_LOST,
    SALE_SOLD,
    SMS_REPORTED,
)
from common.domain.facts import Facts, collect
from common.domain.flow_book import ANY, Candidates, FlowBook
from common.messages.record import Concern, Heard, Record, Suggestion
from common.messages.topology import Service
from common.ports import Bulks, Contacts, CrmLedger, Happening, Matcher, Write
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome
from services.trigger.bulk import BulkTurn, next_turn
from services.trigger.company_news import Pages, news, next_pages, told
from services.trigger.crm_echo import NOTHING_OUTSIDE, Outside, outside

OPERATIONS = frozenset({ACT_WANTED, ENROLMENT_SUGGESTED, PARTICIPANT_REMOVED, SMS_REPORTED})
EARNING = frozenset({ORDER_PLACED, SALE_CREATED, SALE_LOST, SALE_SOLD})
PASSED_ON = OPERATIONS | EARNING
"""What the executor has to hear of, whatever the flows listen for."""

ABOUT_MESSAGES = READ | {MAIL_BOUNCED, MAIL_COMPLAINED}


class TriggerHandler(KeepsNoTime):
    """`matcher` narrows down who may match; without one everyone is asked. `ledger`: of what is done in a
    CRM outside, which hears of what is changed here."""

    def __init__(
        self,
        contacts: Contacts,
        bulks: Bulks,
        matcher: Matcher | None = None,
        ledger: CrmLedger | None = None,
    ) -> None:
        self._contacts = contacts
        self._bulks = bulks
        self._matcher = matcher
        self._ledger = ledger

    async def load(self, batch: Batch) -> "TriggerWorld":
        known = await outside(batch.records, self._ledger)
        batch = replace(batch, records=[known.heard(record) for record in batch.records])
        ids = [record.contact for record in batch.records if record.contact is not None]
        read = await self._contacts.many(ids)
        foreseen: Sequence[Foreseen] = ()
        if self._matcher is not None and self._matcher.wants(batch.book):
            foreseen = await foresee(batch, read, self._matcher)
        turn = await next_turn(batch, self._bulks)
        pages = await next_pages(batch, self._contacts)
        return TriggerWorld(batch, read, self._contacts, self._bulks, foreseen, turn, pages, known)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a record does to its contact, and the facts that flows may ask of it then."""

    record: Record
    before: Contact
    after: Contact
    facts: Facts


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A record applied ahead of its turn, and who may match it if nothing comes between."""

    applied: Applied
    known: Candidates


async def foresee(batch: Batch, read: Mapping[str, Contact], matcher: Matcher) -> Sequence[Foreseen]:
    """Apply the records in their order, keeping nothing, and ask the matcher about all of them at once."""
    contacts = dict(read)
    applied: list[Applied] = []
    for record in batch.records:
        if record.contact is None or record.type == COMPANY_TOLD:  # changes nobody
            continue
        before = contacts.setdefault(record.contact, Contact(id=record.contact))
        with contextlib.suppress(Exception):  # it raises again when it is decided, and is parked then
            applied.append(apply(record, before, batch.book))
            contacts[record.contact] = applied[-1].after
    events = [Happening(each.record.type, each.facts) for each in applied]
    known = await matcher.candidates(batch.book, events)
    return [Foreseen(*each) for each in zip(applied, known, strict=True)]


def apply(record: Record, before: Contact, book: FlowBook) -> Applied:
    """The record with what it changed, and the contact after it."""
    after = before
    if not record.applied:
        after = changed_by(before, record.type, record.data, record.time)
        changed = () if after is before else changed_fields(before, after)
        if changed or record.changed or record.before:
            record = record.but(before=values(before, changed) if changed else {}, changed=changed)
    asked = asked_of(record, book)
    facts = collect(asked, after, event_view(record), record.before) if asked else {}
    return Applied(record, before, after, facts)


def asked_of(record: Record, book: FlowBook) -> frozenset[str]:
    """The facts that open flows may ask of it."""
    if record.type == ENROLMENT_SUGGESTED:
        return book.fields_of(record.data["flow"])
    return book.fields(record.type)


class TriggerWorld(HasNoTimers):
    """The contacts of a batch as they were read and as its events have left them."""

    def __init__(
        self,
        batch: Batch,
        read: Mapping[str, Contact],
        store: Contacts,
        bulks: Bulks,
        foreseen: Sequence[Foreseen] = (),
        turn: BulkTurn | None = None,
        pages: Pages = MappingProxyType({}),
        outside: Outside = NOTHING_OUTSIDE,
    ) -> None:
        self._outside = outside
        self._book = batch.book
        self._read = read
        self._store = store
        self._bulks = bulks
        self._turn = turn
        self._pages = pages
        self._foreseen = {each.applied.record.id: each for each in foreseen}
        self._changed: dict[str, Contact] = {}
        self._onward: list[Record] = []
        self._again: list[Record] = []
        self._moved: list[Write] = []

    def decide(self, record: Record) -> None:
        record = self._outside.heard(record)
        if self._outside.overtook(record):
            return
        if record.type == BULK_CONTINUED:
            self._continue(record)
        elif record.type == COMPANY_TOLD:
            page = self._pages.get(record.id)
            self._again += [record] if page is None else told(record, page)
        elif record.contact is None:
            self._tell_company(record, None)
        elif record.type not in HEARD or told_to(self._known(record.contact), record.type, record.data):
            self._tell_company(record, self._take(record, record.contact))

    def _tell_company(self, record: Record, after: Contact | None) -> None:
        if (asking := news(record, after, self._book)) is not None:
            self._again.append(asking)

    def _take(self, record: Record, contact: str) -> Contact:
        """An event of this contact, which is answered as it leaves it."""
        before = self._contact(contact)
        foreseen = self._foreseen.get(record.id)
        if foreseen is not None and foreseen.applied.before == before:
            applied, known = foreseen.applied, foreseen.known
        else:
            applied, known = apply(record, before, self._book), ANY
        onward = self._announced(applied, known)
        if applied.after is not applied.before or contact not in self._read:
            self._changed[contact] = applied.after
        if onward is not None:
            self._onward.append(onward)
        return applied.after

    def outcome(self) -> Outcome:
        return Outcome(
            onward=self._onward,
            posted=[(Service.TRIGGER, record) for record in self._again],
            writes=[*self._store.save(self._changed.values(), self._read), *self._moved],
        )

    def _continue(self, record: Record) -> None:
        """The next people of a bulk enrolment, and behind them what asks for those that follow."""
        turn = self._turn
        if turn is None or turn.record.id != record.id:
            self._again.append(record)
        elif turn.share is not None and turn.over:
            self._moved.append(self._bulks.finished(turn.share, closed=turn.flow is None))
        elif turn.share is not None:
            self._onward += [*turn.suggested(lambda contact: self._contact(contact.id, contact)), record]
            self._moved.append(self._bulks.moved(turn.share, turn.chunk))

    def _contact(self, contact_id: str, otherwise: Contact | None = None) -> Contact:
        """An unknown contact comes into being bare."""
        return self._known(contact_id) or otherwise or Contact(id=contact_id)

    def _known(self, contact_id: str) -> Contact | None:
        return self._changed.get(contact_id) or self._read.get(contact_id)

    def _announced(self, applied: Applied, known: Candidates) -> Record | None:
        """The record with what open flows make of it; `None` when nobody further down the road needs it."""
        record, facts = applied.record, applied.facts
        if self._outside.knows(record):
            return None
        if by_bot(record.type, record.data):
            return record if "effect" in record.data else None
        needed = self._outside.hears(record) or is_passed_on(record)
        if not (needed or self._book.hears(record.type)):
            return None
        suggested = by_hand(record, self._book) if record.type == ENROLMENT_SUGGESTED else None
        suggestions = (suggested,) if suggested else triggered(self._book, record, facts, known)
        concerns = concerned(self._book, record.type, facts, known)
        heard = actions_heard(self._book, record, facts, known)
        if not (needed or suggestions or concerns or heard):
            return None
        told: Record = record.but(facts=facts, suggestions=suggestions, concerns=concerns, heard=heard)
        return told


def is_passed_on(record: Record) -> bool:
    """The executor has to hear of operations, of what was done with its messages, and of what contacts order and
    buy after they came in."""
    return record.type in PASSED_ON or (record.type in ABOUT_MESSAGES and "effect" in record.data)


def event_view(record: Record) -> dict[str, Any]:
    """The event as conditions see it: its data, its type, and which fields of the contact it changed."""
    return {**record.data, "type": record.type, "changed": list(record.changed)}


def by_hand(record: Record, book: FlowBook) -> Suggestion:
    """A suggestion by a person, an API call or another flow; the executor refuses it if the flow is closed,
    or can't be read."""
    flow_id, by = record.data["flow"], record.data.get("by", "manual")
    flow = book.get(flow_id)
    if flow is None or flow.unreadable:
        return Suggestion(flow=flow_id, version=0, run=0, by=by)
    return Suggestion(flow=flow.id, version=flow.version.version, run=flow.run, by=by)


def triggered(book: FlowBook, record: Record, facts: Facts, known: Candidates) -> tuple[Suggestion, ...]:
    return tuple(
        Suggestion(
            flow=match.flow.id,
            version=match.flow.version.version,
            run=match.flow.run,
            by=f"triggers[{match.index}]",
            seen=match.verdict.seen,
        )
        for match in book.triggers(record.type, facts, record.time, known)
    )


def concerned(book: FlowBook, event_type: str, facts: Facts, known: Candidates) -> tuple[Concern, ...]:
    return tuple(
        Concern(flow=flow.id, version=flow.version.version, run=flow.run)
        for flow in book.concerned(event_type, facts, known)
    )


def actions_heard(book: FlowBook, record: Record, facts: Facts, known: Candidates) -> tuple[Heard, ...]:
    return tuple(
        Heard(flow=flow.id, run=flow.run, slot=slot)
        for flow, slot in book.actions(record.type, facts, record.time, known)
    )
