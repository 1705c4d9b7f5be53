"""`/v1/segments`: whom conditions would fit, before a flow asks them."""

from fastapi import APIRouter, Depends
from pydantic import Field, field_validator

from common.adapters.mongo.segments import MongoSegments, Segment
from common.domain.access import Scope
from common.domain.conditions import Asker, Criteria, Seen, fields, judge
from common.domain.contact import Contact
from common.domain.facts import collect
from common.domain.instant import Instant
from common.domain.model import ContactId, Model
from common.domain.zones import Timezone
from common.ports import Clock
from common.runtime.keys import require

LONGEST_PREVIEW = 100


class SegmentQuestion(Model):
    """Conditions as a flow's filter has them. `timezone` and `owner`: those of the flow that would ask them.

    `preview`: at most so many contacts are shown, behind the contact `after`; 0 for the count alone.
    """

    criteria: Criteria
    timezone: Timezone = "UTC"
    owner: str = Field(default="", max_length=200)
    preview: int = Field(default=20, ge=0, le=LONGEST_PREVIEW)
    after: ContactId | None = None

    @field_validator("criteria")
    @classmethod
    def about_contacts(cls, value: Criteria) -> Criteria:
        for field in sorted(fields(value)):
            if not field.startswith("contact."):
                raise ValueError(
                    f"{field!r} is of an event, and nothing happens here: ask fields of the contact"
                )
        return value

    def segment(self, now: Instant) -> Segment:
        return Segment(self.criteria, Asker.of(self.timezone, self.owner), now)


class SegmentMember(Model):
    """A contact whom the conditions fit; `seen`: the lines that decided it, with the values they met."""

    id: str
    name: str
    email: str | None
    company: str | None
    seen: tuple[Seen, ...]


class SegmentAnswer(Model):
    """`count`: all whom the conditions fit at business time `at`. `next` goes into `after` for the page behind
    this one."""

    count: int
    at: Instant
    contacts: list[SegmentMember]
    next: str | None


def router(segments: MongoSegments, clock: Clock) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/segments", tags=["segments"], dependencies=[Depends(require(Scope.REPORTS))]
    )

    @routes.post("")
    async def ask(question: SegmentQuestion) -> SegmentAnswer:
        """How many contacts these conditions fit now, exactly, and a page of them with the values seen."""
        segment = question.segment(await clock.now())
        found = (
            await segments.page(segment, after=question.after, limit=question.preview)
            if question.preview
            else ()
        )
        full = len(found) == question.preview > 0
        return SegmentAnswer(
            count=await segments.count(segment),
            at=segment.now,
            contacts=[member(contact, segment) for contact in found],
            next=found[-1].id if full else None,
        )

    return routes


def member(contact: Contact, segment: Segment) -> SegmentMember:
    facts = collect(fields(segment.criteria), contact)
    return SegmentMember(
        id=contact.id,
        name=contact.name,
        email=contact.email,
        company=contact.company.name if contact.company else None,
        seen=judge(segment.criteria, facts, segment.now, segment.asker).seen,
    )
