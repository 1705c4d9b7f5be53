"""`/v1/bounces`: bounces and complaints that come after the mail server has taken a mail."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError

from common.domain.access import ApiKey, Scope
from common.domain.complaints import complaints
from common.domain.effect import Effect
from common.domain.event import MAIL_BOUNCED, MAIL_COMPLAINED
from common.domain.ids import event_id
from common.messages.record import Record
from common.ports import Effects
from common.runtime.answer_in_time import RouteInTime
from common.runtime.intake import Intake
from common.runtime.keys import require
from common.runtime.problems import Invalid
from services.trigger.bounce_reports import Report, ReportKind, reports_in
from services.trigger.events import NEVER

SOURCE = "bounces"
MOST_REPORTS = 1_000
MAIL_TYPES = ("message/rfc822", "multipart/report")
MayPost = Annotated[ApiKey, Depends(require(Scope.EVENTS))]
Reports: TypeAdapter[Report | list[Report]] = TypeAdapter(Report | list[Report])

BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        Report.model_json_schema(),
                        {"type": "array", "items": Report.model_json_schema()},
                    ]
                }
            },
            "message/rfc822": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class Taken(BaseModel):
    """`accepted`: about messages of ours, archived; `duplicates`: known already; `unknown`: about none of ours."""

    accepted: int
    duplicates: int
    unknown: int


def router(effects: Effects, intake: Intake) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["bounces"], route_class=RouteInTime)

    @routes.post("/bounces", status_code=202, openapi_extra=BODY)
    async def take(key: MayPost, request: Request) -> Taken:
        """Bounces and complaints, as JSON (one or a list), or a report as it came by mail (RFC 3464, RFC 5965)."""
        reports = await read(request)
        named = [report.about for report in reports]
        known = {effect.id: effect for effect in await effects.many(name for name in named if name)}
        records = [to_record(r, known[name]) for r, name in zip(reports, named, strict=True) if name in known]
        new = await intake.submit(records) if records else []
        return Taken(accepted=sum(new), duplicates=len(new) - sum(new), unknown=len(reports) - len(records))

    return routes


async def read(request: Request) -> list[Report]:
    """Raises `Invalid` with what is wrong."""
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip() in MAIL_TYPES:
        return reports_in(body)[:MOST_REPORTS]
    try:
        found = Reports.validate_json(body)
    except ValidationError as error:
        raise Invalid.document(list(complaints(error.errors(), None))) from None
    reports = found if isinstance(found, list) else [found]
    if len(reports) > MOST_REPORTS:
        raise Invalid([{"pointer": "#", "detail": f"holds {len(reports)} reports; at most {MOST_REPORTS}"}])
    return reports


def to_record(report: Report, effect: Effect) -> Record:
    """A permanent bounce and a complaint are told once for each message; a soft one each time."""
    complaint = report.kind is ReportKind.COMPLAINT
    once = complaint or report.permanent
    data: dict[str, Any] = {
        "effect": effect.id,
        "content": effect.content,
        "flow": effect.flow,
        "reason": report.reason,
    }
    if not complaint:
        data |= {"permanent": report.permanent}
    return Record(
        id=event_id(SOURCE, f"{report.kind} {effect.id}" if once else uuid4().hex),
        type=MAIL_COMPLAINED if complaint else MAIL_BOUNCED,
        source=SOURCE,
        contact=effect.contact,
        time=NEVER,
        data=data | ({"email": report.email} if report.email else {}),
    )
