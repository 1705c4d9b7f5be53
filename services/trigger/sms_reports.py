"""`/v1/sms/reports`: what became of text messages, as their provider tells later on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from common.domain.access import ApiKey, Scope
from common.domain.effect import Effect
from common.domain.event import SMS_REPORTED
from common.domain.ids import event_id
from common.domain.sms import SMS
from common.messages.record import Record
from common.messages.reported import Reported, SmsStatus
from common.ports import Effects
from common.runtime.answer_in_time import RouteInTime
from common.runtime.intake import Intake
from common.runtime.keys import require
from services.trigger.events import NEVER

MOST_REPORTS = 1000
SOURCE = "sms"

MayReport = Annotated[ApiKey, Depends(require(Scope.EVENTS))]


class Report(BaseModel):
    """`id` is that of the message as it was handed over; `reason`: why it failed, in the provider's words."""

    id: str = Field(min_length=1, max_length=200)
    status: SmsStatus
    reason: str = Field(default="", max_length=300)


class ReportsTaken(BaseModel):
    """`duplicates` were taken before; `unknown` are ids of no message of ours: sending them again is of no use."""

    accepted: int
    duplicates: int
    unknown: list[str]


def router(effects: Effects, intake: Intake) -> APIRouter:
    routes = APIRouter(prefix="/v1/sms", tags=["ways in"], route_class=RouteInTime)

    @routes.post("/reports", status_code=202)
    async def post_reports(
        key: MayReport, reports: Annotated[list[Report], Field(min_length=1, max_length=MOST_REPORTS)]
    ) -> ReportsTaken:
        """Text messages that were delivered, or were not in the end. A repeat changes nothing."""
        messages = {
            each.id: each for each in await effects.many(r.id for r in reports) if each.channel == SMS
        }
        fresh = await intake.submit(list(records(reports, messages)))
        return ReportsTaken(
            accepted=sum(fresh),
            duplicates=len(fresh) - sum(fresh),
            unknown=sorted({report.id for report in reports} - messages.keys()),
        )

    return routes


def records(reports: Sequence[Report], messages: Mapping[str, Effect]) -> Iterable[Record]:
    for report in reports:
        if (effect := messages.get(report.id)) is None:
            continue
        told = Reported(
            effect=effect.id,
            participant=effect.participant,
            step=effect.step,
            status=report.status,
            reason=report.reason,
        )
        yield Record(
            id=event_id(SOURCE, f"{report.status} {effect.id}"),
            type=SMS_REPORTED,
            source=SOURCE,
            contact=effect.contact,
            time=NEVER,
            data=told.model_dump(mode="json"),
        )
