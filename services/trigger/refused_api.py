"""Messages that could not be taken: looked at, taken up again, or dropped by a person."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from common.adapters.mongo.refused import KeptMessage, MongoRefused
from common.domain.access import ApiKey, Scope
from common.messages.posted import PostedMessage
from common.runtime.intake import Intake
from common.runtime.keys import require
from common.runtime.problems import Conflict, Invalid, NotFound
from services.trigger.posted_reading import read_posted

MayManage = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
PREVIEW = 2_000


class ShownMessage(BaseModel):
    """`way`: `amqp` or `crm`. `body` is text where it is any, else base64 in `body_base64`; `size` in bytes."""

    id: str
    at: datetime
    way: str
    errors: list[dict[str, str]]
    routing_key: str
    message_id: str | None
    content_type: str | None
    properties: dict[str, str]
    size: int
    body: str | None = None
    body_base64: str | None = None


class RefusedPage(BaseModel):
    """Bodies are cut off after 2,000 bytes. `next` goes into `after` for the page behind this one."""

    refused: list[ShownMessage]
    next: str | None = None


class TakenUp(BaseModel):
    """How many events of the message are archived now, and how many were so before."""

    accepted: int
    duplicates: int


def router(refused: MongoRefused, intake: Intake) -> APIRouter:
    routes = APIRouter(prefix="/v1/events/refused", tags=["ways in"])

    @routes.get("")
    async def list_refused(
        key: MayManage,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> RefusedPage:
        """Messages from the bus, or the CRM, that hold something that could not be archived."""
        found = await refused.page(after=after, limit=limit)
        last = found[-1].id if len(found) == limit else None
        return RefusedPage(refused=[shown(each, PREVIEW) for each in found], next=last)

    @routes.get("/{refused_id}")
    async def get_refused(key: MayManage, refused_id: str) -> ShownMessage:
        """With its whole body."""
        return shown(await found_in(refused, refused_id))

    @routes.post("/{refused_id}/retry")
    async def retry_refused(key: MayManage, refused_id: str) -> TakenUp:
        """Read it once more, as after an upgrade: archived if all of it is good now, and then no longer kept."""
        kept = await found_in(refused, refused_id)
        if kept.refusal.way != "amqp" or not kept.whole:
            raise Conflict("only whole messages from the bus can be taken up again; post its events anew")
        told = await take_up(kept.refusal.message, intake)
        await refused.drop(refused_id)
        return told

    @routes.delete("/{refused_id}", status_code=204)
    async def drop_refused(key: MayManage, refused_id: str) -> None:
        """For good."""
        if not await refused.drop(refused_id):
            raise NotFound("refused message", refused_id)

    return routes


async def found_in(refused: MongoRefused, refused_id: str) -> KeptMessage:
    kept = await refused.get(refused_id)
    if kept is None:
        raise NotFound("refused message", refused_id)
    return kept


async def take_up(message: PostedMessage, intake: Intake) -> TakenUp:
    read = read_posted(message)
    if read.refusal is not None:
        raise Invalid(read.refusal.errors, "it still can't be taken")
    new = await intake.submit(read.records)
    return TakenUp(accepted=sum(new), duplicates=len(new) - sum(new))


def shown(kept: KeptMessage, most: int | None = None) -> ShownMessage:
    message = kept.refusal.message
    body = message.body[:most]
    try:
        text, raw = body.decode(), None
    except UnicodeDecodeError:
        text, raw = None, b64encode(body).decode()
    return ShownMessage(
        id=kept.id,
        at=kept.at,
        way=kept.refusal.way,
        errors=[dict(error) for error in kept.refusal.errors],
        routing_key=message.routing_key,
        message_id=message.message_id,
        content_type=message.content_type,
        properties=dict(message.properties),
        size=kept.size,
        body=text,
        body_base64=raw,
    )
