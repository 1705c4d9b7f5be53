"""`/v1/participants`: who is or was in a flow, a page at a time (domain.md §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from common.domain.access import ApiKey, Scope
from common.domain.contact import Contact
from common.domain.instant import Instant
from common.domain.model import Slug
from common.domain.participant import LastMessage, Participant
from common.domain.participant_filter import ParticipantFilter, Place
from common.domain.reasons import DropOut, Status
from common.domain.reassess import address_key
from common.domain.recipient import RecipientStatus, recipient_status
from common.ports import Flows
from common.runtime.keys import require
from common.runtime.problems import Invalid, NotFound
from services.executor.world import Stores

MayRead = Annotated[ApiKey, Depends(require(Scope.REPORTS))]


class Sort(StrEnum):
    """By when they were enrolled."""

    NEWEST = "-enrolled_at"
    OLDEST = "enrolled_at"


class Listing(ParticipantFilter):
    """What is asked for. `after`: `next` of the page before."""

    flow: Slug
    sort: Sort = Sort.NEWEST
    after: str | None = Field(default=None, max_length=64)
    limit: int = Field(default=100, ge=1, le=1000)


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
    run: int
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


class Addressees(Protocol):
    async def with_address(self, key: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Participation:
    """Who is in the flows there are."""

    stores: Stores
    flows: Flows
    addressees: Addressees

    async def known(self, flow: str) -> None:
        if await self.flows.get(flow) is None:
            raise NotFound("flow", flow)

    async def page(
        self, flow: str, wanted: ParticipantFilter, sort: Sort, after: Place | None, limit: int
    ) -> Sequence[Participant]:
        contacts = None
        if wanted.search is not None:
            key = address_key(wanted.search)
            contacts = [wanted.search, *await self.addressees.with_address(key)]
        return await self.stores.participants.listed(
            flow, wanted, contacts=contacts, after=after, limit=limit, newest_first=sort is Sort.NEWEST
        )

    async def shown(self, found: Sequence[Participant]) -> list[ParticipantView]:
        contacts = await self.stores.contacts.many(participant.contact for participant in found)
        statuses = await self._last_statuses(found)
        return [view(p, contacts.get(p.contact) or Contact(id=p.contact), statuses.get(p.id)) for p in found]

    async def _last_statuses(self, found: Sequence[Participant]) -> Mapping[str, RecipientStatus | None]:
        """How the last message of each fares, by participant; one whose ledger row is gone is left out."""
        effects = await self.stores.effects.many(p.last_message.effect for p in found if p.last_message)
        return {effect.participant: recipient_status(effect) for effect in effects}


def place(text: str | None, field: str) -> Place | None:
    """Raises `Invalid`, with the name of the field."""
    try:
        return Place.read(text) if text is not None else None
    except ValueError as error:
        raise Invalid([{"pointer": f"#/{field}", "detail": str(error)}]) from None


def view(participant: Participant, contact: Contact, status: RecipientStatus | None) -> ParticipantView:
    shown = participant.model_dump(include=set(ParticipantView.model_fields))
    company = contact.company.name if contact.company else None
    return ParticipantView.model_validate(
        shown | {"name": contact.name, "email": contact.email, "company": company, "message_status": status}
    )


def router(participation: Participation) -> APIRouter:
    routes = APIRouter(prefix="/v1/participants", tags=["participants"])

    @routes.get("")
    async def list_participants(key: MayRead, asked: Annotated[Listing, Query()]) -> ParticipantPage:
        """One page of a flow's participants, those enrolled last first unless asked otherwise."""
        await participation.known(asked.flow)
        after = place(asked.after, "after")
        found = await participation.page(asked.flow, asked, asked.sort, after, asked.limit)
        more = str(Place.of(found[-1])) if len(found) == asked.limit else None
        return ParticipantPage(participants=await participation.shown(found), next=more)

    return routes
