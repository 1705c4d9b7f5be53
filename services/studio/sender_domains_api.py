"""`/v1/sender-domains`: the domains from which mail may be sent."""

from fastapi import APIRouter, Depends, Response

from common.domain.access import Scope
from common.domain.sender_domains import SenderDomains, StoredSenderDomains
from common.ports import Clock, SenderDomainDesigns
from common.runtime.keys import require
from common.runtime.problems import Changed
from services.studio.etags import Given, etag


def router(domains: SenderDomainDesigns, clock: Clock) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/sender-domains", tags=["sender domains"], dependencies=[Depends(require(Scope.MANAGE))]
    )

    @routes.get("")
    async def read_domains(response: Response) -> StoredSenderDomains:
        """All approved domains; without any, mail may come from whatever address a flow names."""
        stored = await domains.all()
        if stored.revision:
            response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.put("")
    async def write_domains(wanted: SenderDomains, given: Given, response: Response) -> StoredSenderDomains:
        """Set the whole list anew (If-Match). Flows are held to it when they are run, mails when they are sent."""
        stored = await domains.all()
        given.check("list of sender domains", stored.revision or None)
        written = await domains.replace(wanted, read=stored.revision, at=await clock.now())
        if written is None:
            raise Changed("somebody else has just changed the sender domains")
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
