"""What a CRM outside has to be told of changes that were made here: by flows, forms, links, and people of ours."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from common.domain.contact import Contact
from common.domain.contact_events import JOINING, LEAVING
from common.domain.crm_act import CRM, ChangedCompany, ChangedContact, Join, NewContact, Quit, Telling
from common.domain.effect import Effect
from common.domain.event import (
    CONTACT_CREATED,
    CONTACT_IMPORTED,
    CONTACT_PREFERRED,
    CONTACT_UNSUBSCRIBED,
    CONTACT_UPDATED,
    MAIL_COMPLAINED,
)
from common.domain.ids import digest
from common.domain.instant import Instant
from common.domain.permission import Permission

OUR_SOURCES = frozenset({"form", "reader", "operator"})
"""Of events that begin here: what people answer and click, and tasks that are set by hand. What flows change is told
where they change it; all else comes from outside."""

CHANGING = frozenset(
    {
        CONTACT_CREATED,
        CONTACT_IMPORTED,
        CONTACT_PREFERRED,
        CONTACT_UNSUBSCRIBED,
        CONTACT_UPDATED,
        MAIL_COMPLAINED,
    }
)
MEMBERSHIPS = frozenset({"selections", "projects"})
"""Fields that are told as joining and leaving."""


def is_told(event_type: str, source: str, changed: Sequence[str]) -> bool:
    """Whether the CRM has to hear of this event of ours."""
    return (
        source in OUR_SOURCES and bool(changed) and event_type in CHANGING | JOINING.keys() | LEAVING.keys()
    )


def tellings(
    event_type: str, data: Mapping[str, Any], changed: Sequence[str], contact: Contact
) -> Iterator[Telling]:
    """The acts by which the CRM hears of an event that `changed` these fields of the contact."""
    if event_type in JOINING:
        _, what = JOINING[event_type]
        yield Join(of=what, name=data[what])
    elif event_type in LEAVING:
        _, what = LEAVING[event_type]
        yield Quit(of=what, name=data[what])
    elif event_type == CONTACT_CREATED:
        yield NewContact()
    else:
        yield from _changes([name for name in changed if name not in MEMBERSHIPS], contact)


def _changes(changed: Sequence[str], contact: Contact) -> Iterator[Telling]:
    """What is said of another company than before, or of one that the CRM does not have, is said of the contact."""
    company = contact.company.id if contact.company else ""
    of_company = [name for name in changed if name.startswith("company.")]
    if not company or "company.id" in changed:
        of_company = []
    if own := [name for name in changed if name not in of_company]:
        yield ChangedContact(fields=tuple(own))
    if of_company:
        yield ChangedCompany(company=company, fields=tuple(of_company))


def told(
    key: str, act: Telling, contact: str, partition: int, *, cause: str, depth: int, now: Instant
) -> Effect:
    """The effect by which it is told; telling it twice does no harm. No flow holds it back: what was changed here has
    to be so there, whatever becomes of the flow. Cause and depth are those of the event that told of it here."""
    return Effect(
        id=digest("told", key, act.kind),
        partition=partition,
        channel=CRM,
        flow="",
        run=0,
        version=0,
        participant="",
        contact=contact,
        step="",
        permission=Permission.NONE,
        repeatable=True,
        settings=act.settings(),
        planned_at=now,
        enrolled_by=cause,
        cause=cause,
        depth=depth,
    )
