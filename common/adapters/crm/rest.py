"""What we ask of the reference CRM: a record by its id, and which persons were changed of late."""

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
UPDATED = "personUpdatedDate"


@dataclass(frozen=True, slots=True)
class ChangedPerson:
    """`updated`: as the CRM writes it."""

    key: str
    updated: str


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

    async def changed_persons(self, since: datetime) -> AsyncIterator[Sequence[ChangedPerson]]:
        """In pages, the oldest change first. The CRM compares days: whoever was changed on that day is among them."""
        page = await self._session.read(
            "Person",
            **{
                "$select": f"personId,{UPDATED}",
                "$filter": f"{UPDATED} after '{since:%Y-%m-%d}'",
                "$orderBy": UPDATED,
                "$top": str(PAGE),
            },
        )
        while page is not None:
            answer = Fields(page)
            rows = [(row.key("personId"), row.text(UPDATED)) for row in answer.parts("value")]
            yield [ChangedPerson(key, updated) for key, updated in rows if key and updated]
            following = answer.text("odata.nextLink")
            page = await self._session.read(following) if following else None
