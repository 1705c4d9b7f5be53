"""`/v1/selections`: named lists of contacts. Who is on them is changed by events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from common.domain.access import Scope
from common.domain.model import Model, Slug
from common.domain.selection import Selection, SelectionData
from common.ports import Clock, Selections
from common.runtime.keys import require
from common.runtime.problems import Changed, NotFound
from services.studio.etags import Conditions, Given, etag

SelectionId = Annotated[Slug, Path(description="The selection's id.")]


class SelectionList(Model):
    items: list[Selection]


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
    changes = data.model_dump()
    if stored.model_dump(include=set(changes)) == changes:
        return stored, False
    changed: Selection = stored.but(revision=stored.revision + 1, updated_at=now, **changes)
    if not await selections.save(changed, read=stored.revision):
        raise Changed(f"somebody else has just changed selection {selection!r}")
    return changed, False


def router(selections: Selections, clock: Clock) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/selections", tags=["selections"], dependencies=[Depends(require(Scope.MANAGE))]
    )

    @routes.get("")
    async def list_selections() -> SelectionList:
        """All selections."""
        return SelectionList(items=list(await selections.all()))

    @routes.get("/{selection}")
    async def read_selection(selection: SelectionId, response: Response) -> Selection:
        stored = await selections.get(selection)
        if stored is None:
            raise NotFound("selection", selection)
        response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.put("/{selection}", responses={201: {"model": Selection}})
    async def write_selection(
        selection: SelectionId, data: SelectionData, given: Given, response: Response
    ) -> Selection:
        """Create a selection, or change its name and description (If-Match)."""
        written, created = await put(selections, clock, selection, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
