"""`/v1/sales`, `/v1/requests`, `/v1/follow-ups`: what flows made in the built-in CRM, and people change of it."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from common.domain.access import Scope
from common.domain.crm_record import CrmRecord, FollowUp, Request, RequestChange, Sale, SaleChange
from common.domain.model import ContactId, Model
from common.ports import CrmChanges
from common.runtime.keys import require
from common.runtime.problems import NotFound

Kept = TypeVar("Kept", bound=CrmRecord)
Contact = Annotated[ContactId | None, Query(description="Only those of this contact.")]
After = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1_000)]


class Page(BaseModel, Generic[Kept]):
    """`next` goes into `after` for the page behind this one."""

    items: Sequence[Kept]
    next: str | None


def page(found: Sequence[Kept], limit: int) -> Page[Kept]:
    return Page(items=found, next=found[-1].id if len(found) == limit else None)


Id = Annotated[str, Path(max_length=64)]


async def changed(records: CrmChanges, kind: type[Kept], key: str, given: Model) -> Kept:
    found = await records.change(kind, key, given.model_dump(exclude_unset=True))
    if found is None:
        raise NotFound(kind.named, key)
    return found


def router(records: CrmChanges) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["crm"], dependencies=[Depends(require(Scope.MANAGE))])

    @routes.get("/sales")
    async def list_sales(contact: Contact = None, after: After = None, limit: Limit = 100) -> Page[Sale]:
        """Sales that flows have created, in the order of their ids."""
        return page(await records.sales(contact=contact, after=after, limit=limit), limit)

    @routes.patch("/sales/{sale}")
    async def change_sale(sale: Id, given: SaleChange) -> Sale:
        """Change a sale, as a person does in a CRM. One that comes to be sold or lost raises `sale.sold` or
        `sale.lost`, any other change `sale.updated`."""
        return await changed(records, Sale, sale, given)

    @routes.patch("/requests/{request}")
    async def change_request(request: Id, given: RequestChange) -> Request:
        """Change a request, as a person does in a CRM; raises `request.updated`."""
        return await changed(records, Request, request, given)

    @routes.get("/requests")
    async def list_requests(
        contact: Contact = None, after: After = None, limit: Limit = 100
    ) -> Page[Request]:
        """Requests that flows have created, in the order of their ids."""
        return page(await records.requests(contact=contact, after=after, limit=limit), limit)

    @routes.get("/follow-ups")
    async def list_follow_ups(
        contact: Contact = None, after: After = None, limit: Limit = 100
    ) -> Page[FollowUp]:
        """Follow-ups that flows have created, in the order of their ids."""
        return page(await records.follow_ups(contact=contact, after=after, limit=limit), limit)

    return routes
