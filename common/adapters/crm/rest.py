"""What we ask of the reference CRM: a record by its id, and which records were changed or made of late."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.adapters.crm.asking import updated
from common.adapters.crm.fields import Fields
from common.adapters.crm.records import Fetched, company, follow_up, person, project_member, sale, ticket
from common.adapters.crm.session import Session

READERS: Mapping[str, tuple[str, Callable[[Any], Fetched | None]]] = {
    "activity": ("Appointment", follow_up),
    "appointment": ("Appointment", follow_up),
    "contact": ("Contact", company),
    "person": ("Person", person),
    "projectmember": ("ProjectMember", project_member),
    "sale": ("Sale", sale),
    "ticket": ("Ticket", ticket),
}
"""By the CRM's own name of a record: where it is found, and how it is read."""

PAGE = 200
NEWEST_MESSAGES = 50
"""Of one request, that are looked at."""
INTERNAL = frozenset({"1", "internal"})


@dataclass(frozen=True, slots=True)
class Column:
    """A moment by which records can be listed: where they are, and what the CRM calls their id and that moment."""

    place: str
    key: str
    moment: str


CHANGED_PERSONS = Column("Person", "personId", "personUpdatedDate")
NEW: Mapping[str, Column] = {
    "sale": Column("Sale", "saleId", "registeredDate"),
    "ticket": Column("Ticket", "ticketId", "createdAt"),
}
"""By the CRM's own name of a record: when it was made."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that was changed, or made, then; `at`: as the CRM writes it."""

    key: str
    at: str


@dataclass(frozen=True, slots=True)
class Message:
    """Said in a request; `internal`: among colleagues alone."""

    key: str
    at: str
    author: str | None
    internal: bool


class CrmRest:
    """Raises `CrmAway` and `CrmRefused`, as its session does."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fetch(self, entity: str, key: str) -> Fetched | None:
        """The record in our words; `None` where there is none, or none of this kind is read."""
        if entity not in READERS or not key.isdecimal():
            return None
        place, reader = READERS[entity]
        found = await self._session.read(f"{place}/{key}")
        told = None if found is None else reader(found)
        return told and replace(told, updated=updated(Fields(found).text("UpdatedDate")))

    async def touched(self, column: Column, since: datetime) -> AsyncIterator[Sequence[Touched]]:
        """In pages, the oldest first. The CRM compares days: what was touched on that day is among them."""
        options = {
            "$select": f"{column.key},{column.moment}",
            "$filter": f"{column.moment} after '{since:%Y-%m-%d}'",
            "$orderBy": column.moment,
        }
        async for page in self._pages(column.place, PAGE, options):
            rows = [(row.key(column.key), row.text(column.moment)) for row in page]
            yield [Touched(key, at) for key, at in rows if key and at]

    async def messages(self, ticket: str) -> Sequence[Message]:
        """What was added to a request, the newest first: without what it began with, and not more than we look at."""
        options = {
            "$select": "ticketMessageId,createdAt,author,slevel",
            "$filter": f"ticketId eq {int(ticket)}",
            "$orderBy": "ticketMessageId desc",
        }
        found: list[Message] = []
        async for page in self._pages("TicketMessage", NEWEST_MESSAGES, options):
            found += [each for row in page if (each := message(row))]
            if len(found) >= NEWEST_MESSAGES:
                return found[:NEWEST_MESSAGES]
        return found[:-1]

    async def _pages(
        self, place: str, size: int, options: Mapping[str, str]
    ) -> AsyncIterator[Sequence[Fields]]:
        page = await self._session.read(place, **options, **{"$top": str(size)})
        while page is not None:
            answer = Fields(page)
            yield answer.parts("value")
            following = answer.text("odata.nextLink")
            page = await self._session.read(following) if following else None


def message(row: Fields) -> Message | None:
    key, at = row.key("ticketMessageId"), row.text("createdAt")
    internal = (row.text("slevel") or "").lower() in INTERNAL
    return Message(key, at, row.text("author"), internal) if key and at else None
