"""`/v1/selections`: named lists of contacts, and saved searches. Who is on a list is changed by events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from common.domain.access import Scope
from common.domain.contact import Contact
from common.domain.model import ContactId, Model, Slug
from common.domain.selection import Selection, SelectionData
from common.ports import Clock, Selected, Selections
from common.runtime.keys import require
from common.runtime.problems import Changed, Conflict, NotFound
from services.studio.etags import Conditions, Given, etag

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


async def put(
    selections: Selections, clock: Clock, selection: str, data: SelectionData, given: Conditions
) -> tuple[Selection, bool]:
    """Create or change; answers the selection and whether it is new. The same data again changes nothing."""
    stored = await selections.get(selection)
    given.check(f"selection {selection!r}", stored.revision if stored else None)
    now = await clock.now()
    if stored is None:
        created = await selections.create(selection, data, at=now)
        if created is None:
            raise Changed(f"somebody else has just created selection {selection!r}")
        return created, True
    if stored.kind is not data.kind:
        raise Conflict(f"selection {selection!r} is {stored.kind} for good; make a new one")
    changes = {name: getattr(data, name) for name in SelectionData.model_fields}
    if all(getattr(stored, name) == value for name, value in changes.items()):
        return stored, False
    changed: Selection = stored.but(revision=stored.revision + 1, updated_at=now, **changes)
    if not await selections.save(changed, read=stored.revision):
        raise Changed(f"somebody else has just changed selection {selection!r}")
    return changed, False


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
        written, created = await put(selections, clock, selection, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
