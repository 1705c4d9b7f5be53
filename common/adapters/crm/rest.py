"""What we ask of the reference CRM: a record by its id, and which records were changed or made of late."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.adapters.crm.records import Fetched, Fields, person, sale, ticket
from common.adapters.crm.session import Session

READERS: Mapping[str, tuple[str, Callable[[Any], Fetched]]] = {
    "person": ("Person", person),
    "sale": ("Sale", sale),
    "ticket": ("Ticket", ticket),
}
"""By the CRM's own name of a record: where it is found, and how it is read."""

PAGE = 200


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
        return None if found is None else reader(found)

    async def touched(self, column: Column, since: datetime) -> AsyncIterator[Sequence[Touched]]:
        """In pages, the oldest first. The CRM compares days: what was touched on that day is among them."""
        page = await self._session.read(
            column.place,
            **{
                "$select": f"{column.key},{column.moment}",
                "$filter": f"{column.moment} after '{since:%Y-%m-%d}'",
                "$orderBy": column.moment,
                "$top": str(PAGE),
            },
        )
        while page is not None:
            answer = Fields(page)
            rows = [(row.key(column.key), row.text(column.moment)) for row in answer.parts("value")]
            yield [Touched(key, at) for key, at in rows if key and at]
            following = answer.text("odata.nextLink")
            page = await self._session.read(following) if following else None
