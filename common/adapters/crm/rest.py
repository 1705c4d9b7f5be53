"""What we ask of the reference CRM: a record by its id, and which records were changed or made of late."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.adapters.crm.asking import updated
from common.adapters.crm.checkboxes import NONE, Checkboxes
from common.adapters.crm.fields import Fields
from common.adapters.crm.our_ids import OurIds
from common.adapters.crm.records import (
    CrmUser,
    Fetched,
    company,
    follow_up,
    numbers,
    person,
    project_member,
    sale,
    ticket,
    user,
)
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
LONGEST_ID = 12
USER_COLUMNS = (
    "associateDbId", "personId", "fullName", "assocName", "title", "usergroup", "personEmail", "isActive",
    "assocType",
)  # fmt: skip
INTERNAL = frozenset({"1", "internal"})


@dataclass(frozen=True, slots=True)
class Column:
    """A moment by which records can be listed: where they are, and what the CRM calls their id, that moment, and the
    id of the record that they belong to. Without a moment they are listed by their ids, which rise."""

    place: str
    key: str
    moment: str | None = None
    parent: str | None = None


CHANGED: Mapping[str, Column] = {
    "contact": Column("Contact", "contactId", "updatedDate"),
    "person": Column("Person", "personId", "personUpdatedDate"),
    "sale": Column("Sale", "saleId", "updatedDate"),
    "ticket": Column("Ticket", "ticketId", "lastChanged"),
}
"""By the CRM's own name of a record: when it was changed last."""
NEW: Mapping[str, Column] = {
    "appointment": Column("Appointment", "appointmentId", "registeredDate"),
    "projectmember": Column("ProjectMember", "projectMemberId"),
    "sale": Column("Sale", "saleId", "registeredDate"),
    "ticket": Column("Ticket", "ticketId", "createdAt"),
    "ticketmessage": Column("TicketMessage", "ticketMessageId", "createdAt", "ticketId"),
}
"""When it was made."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that was changed, or made, then; `at`: as the CRM writes it, or its id in an order that text has, too.
    `parent`: the record that it belongs to."""

    key: str
    at: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Said in a request; `internal`: among colleagues alone."""

    key: str
    at: str
    author: str | None
    internal: bool


class CrmRest:
    """Raises `CrmAway` and `CrmRefused`, as its session does. `ours`: of contacts with another id here than there;
    `checkboxes`: which custom fields are such."""

    def __init__(self, session: Session, ours: OurIds | None = None, checkboxes: Checkboxes = NONE) -> None:
        self._session = session
        self._ours = ours
        self._checkboxes = checkboxes

    async def fetch(self, entity: str, key: str) -> Fetched | None:
        """The record in our words; `None` where there is none, or none of this kind is read."""
        if entity not in READERS or not key.isdecimal():
            return None
        place, reader = READERS[entity]
        found = await self._session.read(f"{place}/{key}")
        told = None if found is None else reader(found)
        if told is None:
            return None
        contact = await self._contact(entity, told)
        data = self._checkboxes.told(entity, told.data)
        return replace(told, contact=contact, data=data, updated=updated(Fields(found).text("UpdatedDate")))

    async def _contact(self, entity: str, told: Fetched) -> str | None:
        """Under our id."""
        if self._ours is None or told.contact is None:
            return told.contact
        if entity == "person":
            return await self._ours.of_person(told.contact, told.data.get("email"))
        return (await self._ours.of([told.contact])).get(told.contact, told.contact)

    async def touched(self, column: Column, since: datetime) -> AsyncIterator[Sequence[Touched]]:
        """In pages, the oldest first. The CRM compares days: what was touched on that day is among them."""
        condition = f"{column.moment} after '{since:%Y-%m-%d}'"
        async for page in self._listed(column, condition, f"{column.moment}", PAGE):
            yield page

    async def made_behind(self, column: Column, key: str) -> AsyncIterator[Sequence[Touched]]:
        """Those with a higher id, in pages, the lowest first."""
        async for page in self._listed(column, f"{column.key} gt {int(key)}", column.key, PAGE):
            yield page

    async def newest(self, column: Column) -> AsyncIterator[Sequence[Touched]]:
        """The one with the highest id, if there is any."""
        async for page in self._listed(column, f"{column.key} gt 0", f"{column.key} desc", 1):
            yield page
            return

    async def users(self) -> AsyncIterator[Sequence[CrmUser]]:
        """All of them, in pages, by their ids."""
        options = {"$select": ",".join(USER_COLUMNS), "$orderBy": USER_COLUMNS[0]}
        async for page in self._pages("User", PAGE, options):
            yield [each for row in page if (each := user(row))]

    async def numbers(self, person: str) -> Mapping[str, Any]:
        """Under which a user can be called, who is a person, too."""
        return numbers(await self._session.read(f"Person/{int(person)}"))

    async def _listed(
        self, column: Column, condition: str, order: str, size: int
    ) -> AsyncIterator[Sequence[Touched]]:
        named = [name for name in (column.key, column.moment, column.parent) if name]
        options = {"$select": ",".join(named), "$filter": condition, "$orderBy": order}
        async for page in self._pages(column.place, size, options):
            yield [each for row in page if (each := touched(row, column))]

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


def touched(row: Fields, column: Column) -> Touched | None:
    key = row.key(column.key)
    at = row.text(column.moment) if column.moment else key and key.zfill(LONGEST_ID)
    return Touched(key, at, row.key(column.parent) if column.parent else None) if key and at else None


def message(row: Fields) -> Message | None:
    key, at = row.key("ticketMessageId"), row.text("createdAt")
    internal = (row.text("slevel") or "").lower() in INTERNAL
    return Message(key, at, row.text("author"), internal) if key and at else None
