"""WHEN: applies events to contacts, and finds the flows that they start or that listen for them."""

from collections.abc import Mapping
from typing import Any

from common.domain.contact import Contact
from common.domain.contact_changes import changed_fields, values
from common.domain.contact_events import changed_by
from common.domain.event import ENROLMENT_SUGGESTED, PARTICIPANT_REMOVED
from common.domain.facts import Facts, collect
from common.domain.flow_book import FlowBook
from common.messages.record import Concern, Heard, Record, Suggestion
from common.ports import Contacts
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome

PASSED_ON = frozenset({ENROLMENT_SUGGESTED, PARTICIPANT_REMOVED})
"""Operations that the executor has to hear of, whatever the flows listen for."""


class TriggerHandler(KeepsNoTime):
    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts

    async def load(self, batch: Batch) -> "TriggerWorld":
        ids = [record.contact for record in batch.records if record.contact is not None]
        return TriggerWorld(batch, await self._contacts.many(ids), self._contacts)


class TriggerWorld(HasNoTimers):
    """The contacts of a batch as they were read and as its events have left them."""

    def __init__(self, batch: Batch, read: Mapping[str, Contact], store: Contacts) -> None:
        self._book = batch.book
        self._read = read
        self._store = store
        self._changed: dict[str, Contact] = {}
        self._onward: list[Record] = []

    def decide(self, record: Record) -> None:
        assert record.contact is not None, "intake keeps records without contact off the road"
        contact_id = record.contact
        before = self._contact(contact_id)
        after = before if record.applied else changed_by(before, record.type, record.data, record.time)
        if not record.applied:
            changed = changed_fields(before, after)
            record = record.but(before=values(before, changed), changed=changed)
        onward = self._announced(record, after)
        if after is not before or contact_id not in self._read:
            self._changed[contact_id] = after
        if onward is not None:
            self._onward.append(onward)

    def outcome(self) -> Outcome:
        return Outcome(onward=self._onward, writes=self._store.save(self._changed.values(), self._read))

    def _contact(self, contact_id: str) -> Contact:
        """An unknown contact comes into being bare."""
        known = self._changed.get(contact_id) or self._read.get(contact_id)
        return known or Contact(id=contact_id)

    def _announced(self, record: Record, contact: Contact) -> Record | None:
        """The record with what open flows make of it; `None` when nobody further down the road needs it."""
        suggested = by_hand(record, self._book) if record.type == ENROLMENT_SUGGESTED else None
        names = self._book.fields_of(suggested.flow) if suggested else self._book.fields(record.type)
        facts = collect(names, contact, event_view(record), record.before)
        suggestions = (suggested,) if suggested else triggered(self._book, record, facts)
        concerns = concerned(self._book, record.type, facts)
        heard = actions_heard(self._book, record, facts)
        if not (suggestions or concerns or heard or record.type in PASSED_ON):
            return None
        told: Record = record.but(facts=facts, suggestions=suggestions, concerns=concerns, heard=heard)
        return told


def event_view(record: Record) -> dict[str, Any]:
    """The event as conditions see it: its data, its type, and which fields of the contact it changed."""
    return {**record.data, "type": record.type, "changed": list(record.changed)}


def by_hand(record: Record, book: FlowBook) -> Suggestion:
    """A suggestion by a person, an API call or another flow; the executor refuses it if the flow is closed."""
    flow_id, by = record.data["flow"], record.data.get("by", "manual")
    flow = book.get(flow_id)
    if flow is None:
        return Suggestion(flow=flow_id, version=0, run=0, by=by)
    return Suggestion(flow=flow.id, version=flow.version.version, run=flow.run, by=by)


def triggered(book: FlowBook, record: Record, facts: Facts) -> tuple[Suggestion, ...]:
    return tuple(
        Suggestion(
            flow=match.flow.id,
            version=match.flow.version.version,
            run=match.flow.run,
            by=f"triggers[{match.index}]",
            seen=match.verdict.seen,
        )
        for match in book.triggers(record.type, facts, record.time)
    )


def concerned(book: FlowBook, event_type: str, facts: Facts) -> tuple[Concern, ...]:
    return tuple(
        Concern(flow=flow.id, version=flow.version.version, run=flow.run)
        for flow in book.criteria_hearing(event_type, facts)
    )


def actions_heard(book: FlowBook, record: Record, facts: Facts) -> tuple[Heard, ...]:
    return tuple(
        Heard(flow=flow.id, run=flow.run, slot=slot)
        for flow, slot in book.actions(record.type, facts, record.time)
    )
