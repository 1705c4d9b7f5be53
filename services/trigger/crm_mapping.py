"""The reference CRM's events as ours: its persons are contacts, its contacts companies, its tickets requests.

What is not known here is archived as `crm.EVENT`. Whatever the CRM told is in the event's data under `crm`.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from common.domain.complaints import Complaint
from common.domain.event import (
    CHAT_STARTED,
    CONTACT_CREATED,
    CONTACT_UPDATED,
    PROJECT_ADDED,
    PROJECT_REMOVED,
)
from common.domain.ids import digest, event_id
from services.trigger.crm_payload import NoPayload, Payload, flag, identifier
from services.trigger.events import Bad, Good, read_event

NOUNS: Mapping[str, str] = {
    "activity": "follow_up",
    "appointment": "follow_up",
    "associate": "user",
    "chatsession": "chat",
    "contact": "company",
    "document": "document",
    "person": "contact",
    "project": "project",
    "quote": "quote",
    "sale": "sale",
    "ticket": "request",
}
"""What the CRM calls its records, and what we call them."""

VERBS: Mapping[str, str] = {
    "approved": "approved",
    "changed": "updated",
    "completed": "completed",
    "consented": "consented",
    "created": "created",
    "deleted": "deleted",
    "edited": "edited",
    "lost": "lost",
    "message": "message",
    "ordered": "ordered",
    "rejected": "rejected",
    "sent": "sent",
    "softdeleted": "soft_deleted",
    "sold": "sold",
    "unconsented": "unconsented",
}

RENAMED: Mapping[str, str] = {"chatsession.created": CHAT_STARTED}
"""Where we say something else than noun and verb."""

OTHERS = "crm."
"""What begins the types of events for which we have no word."""

MEMBERSHIP: Mapping[str, str] = {
    f"{OTHERS}projectmember.created": PROJECT_ADDED,
    f"{OTHERS}projectmember.deleted": PROJECT_REMOVED,
}
"""Of use only where the event names the project; else it stays an event of the CRM's own."""

ABOUT_NOBODY = frozenset({"associate", "contact", "project"})
"""Records that belong to no contact: an associate is a colleague, whatever person it names."""

CUSTOMER: Mapping[str, str] = {"chatsession": "customer_id", "ticket": "cust_id"}
"""Where the CRM's service side names the person; elsewhere it is `person_id`."""

LINKS: Mapping[str, str] = {
    "associate_id": "owner",
    "contact_id": "company",
    "project_id": "project",
    "sale_id": "sale",
}
USERS: Mapping[str, str] = {"associate_id": "owner", "support_associate_id": "service_contact"}
"""The users whom a person's or a company's row names."""

SALE_STATUS: Mapping[str, str] = {"1": "open", "2": "sold", "3": "lost", "4": "stalled"}

UNNAMEABLE = re.compile(r"[^a-z0-9_.-]+")


def read_crm_event(payload: Payload, event_id_header: str | None = None) -> Good | Bad:
    """The event as it is archived. A repeat bears the same id, or one of the same further names.

    Raises `NoPayload` when it can't be told from any other event: without id and without time.
    """
    source = "/".join(["crm", *([quote(payload.context)] if payload.context else [])])
    found = names_of(payload, event_id_header)
    if not found:
        raise NoPayload((Complaint(("EventId",), "is required where there is no Timestamp"),))
    document = {
        "id": digest("crm", found[0]),  # names may hold what ids may not
        "type": type_of(payload),
        "source": source,
        "contact": contact_of(payload),
        "time": payload.moment.at.isoformat() if payload.moment else None,
        "data": data_of(payload),
    }
    read = read_event(document, None)
    if isinstance(read, Bad):
        return read
    return Good(read.record.but(also=tuple(event_id(source, name) for name in found)))


def names_of(payload: Payload, event_id_header: str | None) -> list[str]:
    """What tells this event from others: what happened to which record when, and the id that the CRM gave it.

    Either may be the same in a repeat.
    """
    found = []
    if payload.moment is not None:
        found.append(":".join((payload.event, payload.entity, payload.key, payload.moment.ticks)))
    if given := payload.event_id or event_id_header:
        found.append(f"event:{given.lower()}")
    return found


def type_of(payload: Payload) -> str:
    entity, _, verb = payload.event.partition(".")
    known = entity in NOUNS and verb in VERBS and not is_document(payload)
    if payload.event in RENAMED:
        return RENAMED[payload.event]
    if known:
        return f"{NOUNS[entity]}.{VERBS[verb]}"
    return membership(OTHERS + UNNAMEABLE.sub("_", payload.event), links(payload))


def membership(event_type: str, data: Mapping[str, Any]) -> str:
    """The type of an event about a member of a project, once it is known of which."""
    return MEMBERSHIP.get(event_type, event_type) if "project" in data else event_type


def is_document(payload: Payload) -> bool:
    """The CRM tells of a document's row in the diary as of an activity; it is no follow-up."""
    return entity_of(payload) == "activity" and identifier(payload.fields.get("document_id")) is not None


def entity_of(payload: Payload) -> str:
    return payload.event.partition(".")[0]


def contact_of(payload: Payload) -> str | None:
    """The person whom it is about, as far as it tells."""
    entity = entity_of(payload)
    if entity == "person":
        return identifier(payload.key)
    if entity in ABOUT_NOBODY:
        return None
    return identifier(payload.fields.get(CUSTOMER.get(entity, "person_id")))


def data_of(payload: Payload) -> dict[str, Any]:
    if type_of(payload) in (CONTACT_CREATED, CONTACT_UPDATED):
        return {**contact_fields(payload), "crm": crm(payload)}
    entity = entity_of(payload)
    own = {NOUNS[entity]: payload.key} if entity in NOUNS and entity != "person" else {}
    users = users_of(payload) if entity == "contact" else {}
    return {**links(payload), **users, **sale_fields(payload), **own, "crm": crm(payload)}


def contact_fields(payload: Payload) -> dict[str, Any]:
    """What the person's own row says of the contact: the names, addresses and lists have to be fetched."""
    known: dict[str, Any] = users_of(payload)
    if "retired" in payload.fields:
        deleted = payload.fields.get("deleted_date") is not None
        known["retired"] = flag(payload.fields["retired"]) or deleted
    if "contact_id" in payload.fields:
        company = identifier(payload.fields["contact_id"])
        known["company"] = company and {"id": company, **forgotten(payload)}
    return known


def users_of(payload: Payload) -> dict[str, Any]:
    """Nobody, where the row says so."""
    return {ours: identifier(payload.fields[name]) for name, ours in USERS.items() if name in payload.fields}


def forgotten(payload: Payload) -> dict[str, Any]:
    """Of another company, what was known of the one before no longer holds."""
    fields = {"name": "", **dict.fromkeys(("category", "country", "owner", "service_contact"))}
    return fields if "contact_id" in payload.changes else {}


def links(payload: Payload) -> dict[str, str]:
    """The ids of the records that it names, by what we call them."""
    named = {ours: identifier(payload.fields.get(theirs)) for theirs, ours in LINKS.items()}
    return {ours: found for ours, found in named.items() if found is not None}


def sale_fields(payload: Payload) -> dict[str, Any]:
    if entity_of(payload) != "sale":
        return {}
    status = SALE_STATUS.get(identifier(payload.fields.get("status")) or "")
    date = payload.fields.get("saledate")
    return {name: value for name, value in (("status", status), ("date", date)) if value is not None}


def crm(payload: Payload) -> dict[str, Any]:
    """What the CRM told, in its own words."""
    told = {
        "event": payload.event,
        "entity": payload.entity,
        "key": payload.key,
        "event_id": payload.event_id,
        "context": payload.context,
        "changed_by": payload.changed_by,
        "webhook": payload.webhook,
        "changes": list(payload.changes),
        "fields": dict(payload.fields),
    }
    return {name: value for name, value in told.items() if value}
