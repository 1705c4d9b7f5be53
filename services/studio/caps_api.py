"""`/v1/caps`: how many marketing messages a contact gets in a period, over all flows."""

from fastapi import APIRouter, Depends, Response

from common.domain.access import Scope
from common.domain.caps import Caps, StoredCaps
from common.ports import CapDesigns, Clock
from common.runtime.keys import require
from common.runtime.problems import Changed
from services.studio.etags import Given, etag


def router(caps: CapDesigns, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/caps", tags=["caps"], dependencies=[Depends(require(Scope.MANAGE))])

    @routes.get("")
    async def read_caps(response: Response) -> StoredCaps:
        """All caps; none unless somebody has set them."""
        stored = await caps.all()
        if stored.revision:
            response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.put("")
    async def write_caps(wanted: Caps, given: Given, response: Response) -> StoredCaps:
        """Set all caps anew (If-Match). They bind messages that are reached from then on."""
        stored = await caps.all()
        given.check("set of caps", stored.revision or None)
        written = await caps.replace(wanted, read=stored.revision, at=await clock.now())
        if written is None:
            raise Changed("somebody else has just changed the caps")
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
