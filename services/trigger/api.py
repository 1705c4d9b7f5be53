"""The ways in: events, contacts, enrolments by hand. What is answered as accepted is archived."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.domain.access import ApiKey, Scope
from common.domain.complaints import complaints
from common.domain.contact import ContactData
from common.domain.event import CONTACT_IMPORTED, ENROLMENT_SUGGESTED
from common.domain.ids import event_id
from common.domain.model import ContactId, Slug
from common.messages.record import Record
from common.runtime.answer_in_time import RouteInTime
from common.runtime.intake import Intake
from common.runtime.keys import require
from common.runtime.metrics import Intake as IntakeOutcome
from common.runtime.metrics import Metrics
from common.runtime.problems import Invalid, MediaTypeNotTaken
from common.runtime.sight import Sight, sight_of
from services.trigger.cloud_events import (
    BATCHED,
    JSON,
    MOST_RECORDS,
    STRUCTURED,
    KindNotTaken,
    Unreadable,
    as_list,
    json_of,
    read_message,
)
from services.trigger.events import NEVER, Bad, Good, PostedEvent, size_of, unkeepable
from services.trigger.http_binding import attributes_of

FORM = "application/x-www-form-urlencoded"
"""What `curl -d` says of whatever it sends: taken for JSON."""

MOST_ERRORS = 100
"""Told of a request in which everything is wrong."""

EVENT_SCHEMA = PostedEvent.model_json_schema()
EVENT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"anyOf": [EVENT_SCHEMA, {"type": "array", "items": EVENT_SCHEMA}]}},
            STRUCTURED: {"schema": EVENT_SCHEMA},
            BATCHED: {"schema": {"type": "array", "items": EVENT_SCHEMA}},
        },
    }
}


class ImportedContact(ContactData):
    """A contact to create or change, without triggering anything."""

    id: ContactId


CONTACT_SCHEMA = ImportedContact.model_json_schema()
CONTACTS_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": CONTACT_SCHEMA}}},
    }
}


async def read_json(request: Request) -> Any:
    """The body as JSON, whatever it calls itself: `curl -d` calls it a form. Raises `Invalid`."""
    try:
        return json_of(await request.body())
    except Unreadable as error:
        raise of_whole(error) from None


def of_whole(error: Unreadable) -> Invalid:
    return Invalid([{"pointer": "#", "detail": str(error)}])


async def read_events(request: Request, idempotency_key: str | None) -> list[Good | Bad]:
    """Raises `Invalid` when no events can be made out, `MediaTypeNotTaken` when none were to be expected."""
    content_type = request.headers.get("Content-Type")
    if content_type is not None and content_type.startswith(FORM):
        content_type = None
    try:
        attributes = attributes_of(request.headers.items())
        return read_message(content_type, attributes, await request.body(), idempotency_key)
    except Unreadable as error:
        raise of_whole(error) from None
    except KindNotTaken as error:
        raise MediaTypeNotTaken(str(error)) from None


Json = Annotated[Any, Depends(read_json)]
SightOf = Annotated[Sight, Depends(sight_of)]
MayPost = Annotated[ApiKey, Depends(require(Scope.EVENTS))]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Stands in for the ids of events that have none: the same request again is a repeat.",
    ),
]


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Answered(BaseModel):
    """What became of one record of the request; `errors` say what is wrong with it and where."""

    index: int
    outcome: Outcome
    id: str | None = None
    errors: list[dict[str, str]] = Field(default_factory=list)


class Receipt(BaseModel):
    """Accepted ones are archived, duplicates were so before."""

    accepted: int
    duplicates: int
    rejected: int
    records: list[Answered]


class Enrolment(BaseModel):
    """People suggested for a flow by hand; its filter and exclusion lists decide. `id` makes it repeatable."""

    model_config = ConfigDict(extra="forbid")

    flow: Slug
    contacts: list[ContactId] = Field(min_length=1, max_length=MOST_RECORDS)
    id: str | None = Field(default=None, min_length=1, max_length=200)


def router(intake: Intake, metrics: Metrics) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["ways in"], route_class=RouteInTime)

    @routes.post("/events", status_code=202, response_model=Receipt, openapi_extra=EVENT_BODY)
    async def post_events(key: MayPost, request: Request, idempotency_key: IdempotencyKey = None) -> Receipt:
        """One event or a list of them in plain JSON, or CloudEvents 1.0: structured, batched, or binary (the
        attributes as `ce-` headers, the data as JSON).

        202 when at least one was accepted or is a repeat; 422 when all are bad; 503 when nothing is known to be
        kept: send it again.
        """
        return await accept(intake, metrics, await read_events(request, idempotency_key))

    @routes.put("/contacts", status_code=202, response_model=Receipt, openapi_extra=CONTACTS_BODY)
    async def put_contacts(key: MayPost, body: Json) -> Receipt:
        """Create or change contacts, one or a list, without triggering anything. Fields not given stay as they
        are."""
        return await accept(intake, metrics, [read_contact(document) for document in listed(body)])

    @routes.post("/enrolments", status_code=202, response_model=Receipt)
    async def post_enrolments(
        key: MayPost, sight: SightOf, enrolment: Enrolment, idempotency_key: IdempotencyKey = None
    ) -> Receipt:
        """Suggest people for a flow by hand. Whether they were let in: `/v1/why`."""
        await sight.check(key, enrolment.flow)
        name = enrolment.id or idempotency_key
        if name is None:
            raise Invalid([{"pointer": "#/id", "detail": "is required, or send the header Idempotency-Key"}])
        read = [Good(suggested(enrolment.flow, contact, name, key)) for contact in enrolment.contacts]
        return await accept(intake, metrics, read)

    return routes


def listed(body: Any) -> Sequence[Any]:
    try:
        return as_list(body)
    except Unreadable as error:
        raise of_whole(error) from None


def read_contact(document: Any) -> Good | Bad:
    try:
        contact = ImportedContact.model_validate(document)
    except ValidationError as error:
        return Bad(tuple(complaints(error.errors(), document)))
    problems = tuple(unkeepable(document, ()))
    if problems:
        return Bad(problems)
    return Good(
        Record(
            id=uuid4().hex,
            type=CONTACT_IMPORTED,
            source="import",
            contact=contact.id,
            time=NEVER,
            data={name: value for name, value in document.items() if name != "id"},
            size=size_of(document),
        )
    )


def suggested(flow: str, contact: str, name: str, key: ApiKey) -> Record:
    return Record(
        id=event_id("enrolment", f"{name}:{flow}:{contact}"),
        type=ENROLMENT_SUGGESTED,
        source="enrolment",
        contact=contact,
        time=NEVER,
        data={"flow": flow, "by": f"key {key.name}"},
    )


async def accept(intake: Intake, metrics: Metrics, read: Sequence[Good | Bad]) -> Receipt:
    """Archive the good ones; answer for each."""
    good = [row.record for row in read if isinstance(row, Good)]
    fresh = iter(await intake.submit(good))
    records = [answer(index, row, fresh) for index, row in enumerate(read)]
    count = {outcome: sum(row.outcome is outcome for row in records) for outcome in Outcome}
    metrics.intake(IntakeOutcome.REFUSED, count[Outcome.REJECTED])
    if records and not good:
        raise all_bad(records)
    return Receipt(
        accepted=count[Outcome.ACCEPTED],
        duplicates=count[Outcome.DUPLICATE],
        rejected=count[Outcome.REJECTED],
        records=records,
    )


def answer(index: int, row: Good | Bad, fresh: Iterator[bool]) -> Answered:
    if isinstance(row, Bad):
        errors = [{"pointer": each.pointer, "detail": each.detail} for each in row.complaints]
        return Answered(index=index, outcome=Outcome.REJECTED, errors=errors)
    outcome = Outcome.ACCEPTED if next(fresh) else Outcome.DUPLICATE
    return Answered(index=index, outcome=outcome, id=row.record.id)


def all_bad(records: Sequence[Answered]) -> Invalid:
    """Pointers lead into the request: `#/3/data/amount`."""
    errors = [
        {"pointer": error["pointer"].replace("#", f"#/{row.index}", 1), "detail": error["detail"]}
        for row in records
        for error in row.errors
    ]
    return Invalid(errors[:MOST_ERRORS], "none of the records is valid")
