"""`/v1/selections`: named lists of contacts, and saved searches. Who is on a list is changed by events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from common.domain.access import Scope
from common.domain.contact import Contact
from common.domain.model import ContactId, Model, Slug
from common.domain.selection import Selection, SelectionData
from common.ports import Clock, Selected, Selections
from common.runtime.keys import require
from common.runtime.problems import Conflict, NotFound
from services.studio.etags import Given, etag
from services.studio.writing import put

SelectionId = Annotated[Slug, Path(description="The selection's id.")]


class SelectionList(Model):
    items: list[Selection]


class SelectionCount(Model):
    """How many are on it; `null` when a search takes too long to count."""

    count: int | None


class Selectee(Model):
    """Somebody on a selection."""

    id: str
    name: str
    email: str | None
    company: str | None


class SelecteePage(Model):
    """`next` goes into `after` for the page behind this one."""

    items: list[Selectee]
    next: str | None


async def stays_what_it_is(selections: Selections, selection: str, data: SelectionData) -> None:
    """Raises `Conflict` for a list that is to become a search, or the other way round."""
    stored = await selections.get(selection)
    if stored is not None and stored.kind is not data.kind:
        raise Conflict(f"selection {selection!r} is {stored.kind} for good; make a new one")


async def known(selections: Selections, selection: str) -> Selection:
    stored = await selections.get(selection)
    if stored is None:
        raise NotFound("selection", selection)
    return stored


def shown(contact: Contact) -> Selectee:
    company = contact.company.name if contact.company else None
    return Selectee(id=contact.id, name=contact.name, email=contact.email, company=company)


def router(selections: Selections, selected: Selected, clock: Clock) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/selections", tags=["selections"], dependencies=[Depends(require(Scope.MANAGE))]
    )

    @routes.get("")
    async def list_selections() -> SelectionList:
        """All selections."""
        return SelectionList(items=list(await selections.all()))

    @routes.get("/{selection}")
    async def read_selection(selection: SelectionId, response: Response) -> Selection:
        stored = await known(selections, selection)
        response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.get("/{selection}/count")
    async def count_selection(selection: SelectionId) -> SelectionCount:
        """How many contacts are on it now. Searches take days to be those of UTC here."""
        stored = await known(selections, selection)
        return SelectionCount(count=await selected.count(stored, await clock.now()))

    @routes.get("/{selection}/contacts")
    async def list_contacts(
        selection: SelectionId,
        after: ContactId | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> SelecteePage:
        """One page of the contacts on it now, in the order of their ids."""
        stored = await known(selections, selection)
        found = await selected.page(stored, await clock.now(), after=after, limit=limit)
        return SelecteePage(
            items=[shown(contact) for contact in found], next=found[-1].id if len(found) == limit else None
        )

    @routes.put("/{selection}", responses={201: {"model": Selection}})
    async def write_selection(
        selection: SelectionId, data: SelectionData, given: Given, response: Response
    ) -> Selection:
        """Create a selection, or change its name, description or criteria (If-Match); its kind stays."""
        await stays_what_it_is(selections, selection, data)
        written, created = await put(selections, clock, "selection", selection, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
