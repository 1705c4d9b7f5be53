"""Events that are made here of what the CRM has, since nobody tells them. Made twice, each is the same one."""

from collections.abc import Mapping, Sequence

import structlog

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import Message, Touched
from common.adapters.mongo.archive import Told
from common.domain.event import (
    COMPANY_CHANGED,
    CONTACT_CREATED,
    CONTACT_UPDATED,
    PROJECT_ADDED,
    REQUEST_MESSAGE_ADDED,
    SALE_LOST,
    SALE_SOLD,
)
from common.domain.ids import event_id
from common.messages.record import Record
from services.trigger.crm_mapping import NOUNS
from services.trigger.events import Bad, read_event

log = structlog.get_logger()

NOT_TAKEN = "crm.not_taken"
CHANGES = "crm/changes"
"""Source of what was found by asking."""
MESSAGES = "crm/messages"
"""Source of the messages added to requests: whoever finds them names them alike."""
OUTCOMES = {"sold": SALE_SOLD, "lost": SALE_LOST}
"""Statuses of a sale which the CRM tells by events of their own."""


def as_event(document: Mapping[str, object]) -> Record | None:
    """`None` for what can't be kept."""
    read = read_event(document, None)
    if isinstance(read, Bad):
        log.warning(NOT_TAKEN, event=document["id"], why=read.complaints[0].detail)
        return None
    return read.record


def person_changed(changed: Touched, found: Fetched, *, known: bool) -> Record | None:
    return as_event(
        {
            "id": f"{changed.key}:{changed.at}",
            "type": CONTACT_UPDATED if known else CONTACT_CREATED,
            "source": CHANGES,
            "contact": changed.key,
            "data": found.data | {"crm": told_of("person", changed, found)},
        }
    )


def told_of(entity: str, changed: Touched, found: Fetched) -> dict[str, str]:
    told = {"entity": entity, "key": changed.key, "updated": changed.at}
    return told | {"updated_at": found.updated.isoformat()} if found.updated else told


def company_changed(changed: Touched, found: Fetched) -> Record | None:
    told = {"company": changed.key, "crm": told_of("contact", changed, found)}
    return as_event(
        {
            "id": f"contact:{changed.key}:{changed.at}",
            "type": COMPANY_CHANGED,
            "source": CHANGES,
            "data": found.data | told,
        }
    )


def made(kind: str, touched: Touched, found: Fetched) -> Record | None:
    return happened(kind, "created", touched, found, f"{kind}:{touched.key}:created", "registered")


def changed(kind: str, touched: Touched, found: Fetched, verb: str) -> Record | None:
    return happened(kind, verb, touched, found, f"{kind}:{touched.key}:{verb}:{touched.at}", "updated")


def happened(kind: str, verb: str, touched: Touched, found: Fetched, name: str, moment: str) -> Record | None:
    """Of a sale, a request or a follow-up."""
    noun = NOUNS[kind]
    told = {noun: touched.key, "crm": {"entity": kind, "key": touched.key, moment: touched.at}}
    return as_event(
        {
            "id": name,
            "type": f"{noun}.{verb}",
            "source": CHANGES,
            "contact": found.contact,
            "data": found.data | told,
        }
    )


def joined_project(member: Touched, found: Fetched) -> Record | None:
    return as_event(
        {
            "id": f"projectmember:{member.key}:created",
            "type": PROJECT_ADDED,
            "source": CHANGES,
            "contact": found.contact,
            "data": found.data | {"crm": {"entity": "projectmember", "key": member.key}},
        }
    )


def message_added(request: str, message: Message, found: Fetched) -> Record | None:
    """With what the request's record says; what was written stays in the CRM."""
    told = {
        "request": request,
        "message": message.key,
        "author": message.author,
        "internal": message.internal,
        "crm": {"entity": "ticketmessage", "key": message.key, "created": message.at},
    }
    return as_event(
        {
            "id": message_name(message.key),
            "type": REQUEST_MESSAGE_ADDED,
            "source": MESSAGES,
            "contact": found.contact,
            "data": found.data | {name: value for name, value in told.items() if value is not None},
        }
    )


def message_name(key: str) -> str:
    return f"message:{key}"


def message_id(key: str) -> str:
    """Of the event, in the archive."""
    return event_id(MESSAGES, message_name(key))


def is_news(found: Fetched, history: Sequence[Told]) -> bool:
    """Whether the record says something else than what was told of it last."""
    latest = history[-1].data if history else {}
    return any(latest.get(name) != value for name, value in found.data.items())


def untold_outcome(found: Fetched, history: Sequence[Told]) -> str | None:
    """That the sale was sold, or lost, after it was told to be something else, and of which nobody told."""
    status = found.data.get("status")
    outcome = OUTCOMES.get(str(status))
    earlier = [index for index, told in enumerate(history) if told.data.get("status") not in (None, status)]
    if outcome is None or not earlier:
        return None
    since = history[earlier[-1] + 1 :]
    return None if any(told.type == outcome for told in since) else str(status)
