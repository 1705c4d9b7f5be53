"""What a deed makes where the CRM is our own: the record, and the event that it raises."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from common.domain.crm_act import NewFollowUp, NewRequest, NewSale, ScriptRun, Telling
from common.domain.crm_record import CrmRecord, FollowUp, Request, Sale
from common.domain.diary import first_free
from common.domain.ids import digest
from common.messages.record import Record
from common.ports import Deed

Spans = Iterable[tuple[datetime, datetime]]


def made(deed: Deed, busy: Spans = ()) -> CrmRecord | None:
    """`None` where it makes no record. `busy`: when the owner of a meeting can't be met."""
    match deed.act:
        case NewRequest() as act:
            return request(deed, act)
        case NewSale() as act:
            return Sale(**shared(deed, act.owner), **act.model_dump(exclude={"kind", "owner"}))
        case NewFollowUp() as act:
            return follow_up(deed, act, busy)
        case ScriptRun() | Telling():
            return None
    assert_never(deed.act)


def raised(deed: Deed, record: CrmRecord) -> Record:
    """As a CRM outside would tell of it, with what led to it."""
    return Record(
        id=digest("crm record", record.id),
        type=record.raises,
        source=f"headrace/flows/{deed.flow}" if deed.flow else "headrace/contents",
        contact=record.contact,
        time=deed.now,
        data=record.event(),
        cause=deed.cause,
        depth=deed.depth,
    )


def request(deed: Deed, act: NewRequest) -> Request:
    """An owner is found among those to whom the contact belongs."""
    found = deed.contact.our_service_contact or deed.contact.our_contact
    owner = found if act.automatic else act.owner
    return Request(**shared(deed, owner), **act.model_dump(exclude={"kind", "automatic", "owner"}))


def follow_up(deed: Deed, act: NewFollowUp, busy: Spans) -> FollowUp:
    """A task is due on its day; a meeting begins when its owner is free."""
    begins = first_free(act.begins, act.minutes, busy, ZoneInfo(act.zone)) if act.meeting else act.begins
    told = act.model_dump(exclude={"kind", "owner", "minutes", "zone"}) | {"begins": begins}
    return FollowUp(**shared(deed, act.owner), **told, ends=begins + timedelta(minutes=act.minutes))


def shared(deed: Deed, owner: str | None) -> dict[str, Any]:
    company = deed.contact.company
    return {
        "id": deed.id,
        "contact": deed.contact.id,
        "company": (company.id or None) if company else None,
        "owner": owner,
        "flow": deed.flow,
        "created_at": deed.now,
    }
