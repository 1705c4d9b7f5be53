"""Who is in a flow, and why: participants, their removal by hand, explanations."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from common.domain.access import ApiKey, Scope
from common.domain.contact import Contact
from common.domain.decision import Decision
from common.domain.event import PARTICIPANT_REMOVED
from common.domain.instant import Instant
from common.domain.model import ContactId, Slug
from common.domain.participant import LastMessage, Participant
from common.domain.reasons import DropOut, Status
from common.domain.recipient import RecipientStatus, recipient_status
from common.messages.record import Record
from common.ports import Flows
from common.runtime.intake import Intake
from common.runtime.keys import require
from common.runtime.problems import NotFound
from services.executor.why import in_words
from services.executor.world import Stores

MayRead = Annotated[ApiKey, Depends(require(Scope.REPORTS))]
MayManage = Annotated[ApiKey, Depends(require(Scope.MANAGE))]


class ParticipantView(BaseModel):
    """One passage, with what of its contact is shown beside it, and how its last message fares with it."""

    id: str
    contact: str
    name: str
    email: str | None
    company: str | None
    status: Status
    enrolled_at: Instant
    step: str
    since: Instant
    until: Instant | None
    held: bool
    version: int
    succeeded_at: Instant | None
    left_at: Instant | None
    reason: DropOut | None
    reason_text: str | None
    last_message: LastMessage | None
    message_status: RecipientStatus | None


class ParticipantPage(BaseModel):
    """`next` goes into `after` for the page behind this one."""

    participants: list[ParticipantView]
    next: str | None


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


def router(stores: Stores, flows: Flows, intake: Intake) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["participants"])

    @routes.get("/participants")
    async def list_participants(
        key: MayRead,
        flow: Slug,
        status: Status | None = None,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> ParticipantPage:
        """One page of a flow's participants."""
        await known(flows, flow)
        found = await stores.participants.listed(flow, status=status, after=after, limit=limit)
        contacts = await stores.contacts.many(participant.contact for participant in found)
        statuses = await last_statuses(stores, found)
        views = [view(p, contacts.get(p.contact) or Contact(id=p.contact), statuses.get(p.id)) for p in found]
        return ParticipantPage(participants=views, next=found[-1].id if len(found) == limit else None)

    @routes.get("/messages")
    async def list_messages(
        key: MayRead,
        flow: Slug,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> MessagePage:
        """One page of a flow's messages, each with its status. One without was never for its recipient's eyes."""
        await known(flows, flow)
        found = await stores.effects.of_flow(flow, after=after, limit=limit)
        messages = [MessageView(status=recipient_status(e), **e.model_dump(include=SHOWN)) for e in found]
        return MessagePage(messages=messages, next=found[-1].id if len(found) == limit else None)

    @routes.delete("/participants/{participant}", status_code=202)
    async def remove(key: MayManage, participant: str) -> None:
        """Erase a passage by hand: figures fall by one, and the contact may come in again."""
        found = await stores.participants.many([participant])
        if not found:
            raise NotFound("participant", participant)
        await intake.submit([removal(found[0], key)])

    @routes.get("/why")
    async def explain(key: MayRead, contact: ContactId, flow: Slug | None = None) -> Explanation:
        """Each decision about a contact: what suggested it, on which values it was admitted or refused, each
        step, wait and message."""
        if flow is not None:
            await known(flows, flow)
        decisions = list(await stores.decisions.about(contact, flow))
        lines = [line for decision in decisions for line in in_words(decision)]
        return Explanation(contact=contact, flow=flow, lines=lines, decisions=decisions)

    return routes


async def known(flows: Flows, flow: str) -> None:
    if await flows.get(flow) is None:
        raise NotFound("flow", flow)


async def last_statuses(
    stores: Stores, participants: Sequence[Participant]
) -> Mapping[str, RecipientStatus | None]:
    """How the last message of each fares, by participant; one whose ledger row is gone is left out."""
    effects = await stores.effects.many(p.last_message.effect for p in participants if p.last_message)
    return {effect.participant: recipient_status(effect) for effect in effects}


def view(participant: Participant, contact: Contact, status: RecipientStatus | None) -> ParticipantView:
    shown = participant.model_dump(include=set(ParticipantView.model_fields))
    company = contact.company.name if contact.company else None
    return ParticipantView.model_validate(
        shown | {"name": contact.name, "email": contact.email, "company": company, "message_status": status}
    )


def removal(participant: Participant, key: ApiKey) -> Record:
    return Record(
        id=uuid4().hex,
        type=PARTICIPANT_REMOVED,
        source="operator",
        contact=participant.contact,
        time=participant.since,
        data={"participant": participant.id, "flow": participant.flow, "by": f"key {key.name}"},
    )
