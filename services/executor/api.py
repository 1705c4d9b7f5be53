"""What flows sent, and why: messages and explanations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from common.domain.decision import Decision
from common.domain.instant import Instant
from common.domain.model import ContactId, Slug
from common.domain.recipient import RecipientStatus, recipient_status
from common.runtime.sight import Sight, sight_of
from services.executor.listing import MayRead, Participation
from services.executor.why import in_words


class MessageView(BaseModel):
    """One message. `opens`: how often it was opened again."""

    id: str
    channel: str
    run: int
    version: int
    step: str
    content: str
    contact: str
    participant: str
    status: RecipientStatus | None
    opens: int
    planned_at: Instant
    settled_at: Instant | None
    reason: str | None


SightOf = Annotated[Sight, Depends(sight_of)]
SHOWN = set(MessageView.model_fields) - {"status"}


class MessagePage(BaseModel):
    """`next` goes into `after` for the page behind this one."""

    messages: list[MessageView]
    next: str | None


class Explanation(BaseModel):
    """Each decision about the contact, in words (`lines`) and as kept (`decisions`), in their order."""

    contact: str
    flow: str | None
    lines: list[str]
    decisions: list[Decision]


def router(participation: Participation) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["participants"])

    @routes.get("/messages")
    async def list_messages(
        key: MayRead,
        flow: Slug,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> MessagePage:
        """One page of a flow's messages, each with its status. One without was never for its recipient's eyes."""
        await participation.known(flow)
        found = await participation.stores.effects.of_flow(flow, after=after, limit=limit)
        messages = [MessageView(status=recipient_status(e), **e.model_dump(include=SHOWN)) for e in found]
        return MessagePage(messages=messages, next=found[-1].id if len(found) == limit else None)

    @routes.get("/why")
    async def explain(
        key: MayRead, sight: SightOf, contact: ContactId, flow: Slug | None = None
    ) -> Explanation:
        """Each decision about a contact: what suggested it, on which values it was admitted or refused, each
        step, wait and message."""
        if flow is not None:
            await participation.known(flow)
        found = await participation.stores.decisions.about(contact, flow)
        hidden = await sight.hidden(key, [decision.flow for decision in found])
        decisions = [decision for decision in found if decision.flow not in hidden]
        lines = [line for decision in decisions for line in in_words(decision)]
        return Explanation(contact=contact, flow=flow, lines=lines, decisions=decisions)

    return routes
