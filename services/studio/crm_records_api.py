"""`/v1/sales`, `/v1/requests`, `/v1/follow-ups`: what flows have made in the built-in CRM."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from common.domain.access import Scope
from common.domain.crm_record import CrmRecord, FollowUp, Request, Sale
from common.domain.model import ContactId
from common.ports import CrmRecords
from common.runtime.keys import require

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


def router(records: CrmRecords) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["crm"], dependencies=[Depends(require(Scope.MANAGE))])

    @routes.get("/sales")
    async def list_sales(contact: Contact = None, after: After = None, limit: Limit = 100) -> Page[Sale]:
        """Sales that flows have created, in the order of their ids."""
        return page(await records.sales(contact=contact, after=after, limit=limit), limit)

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
