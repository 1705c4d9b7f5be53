"""`/v1/enrolments/schedules`: when the open flows suggest people by themselves, and what came of the last time."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from common.domain.access import ApiKey, Scope
from common.domain.instant import Instant
from common.domain.model import Model, Slug
from common.domain.schedule import Occasion, Schedule
from common.ports import Schedules
from common.runtime.keys import require
from common.runtime.sight import Sight, sight_of

MOST = 1000

SightOf = Annotated[Sight, Depends(sight_of)]
MayPost = Annotated[ApiKey, Depends(require(Scope.EVENTS))]


class ScheduleView(Model):
    """`settings` are those of the trigger. `due`: the next instant (`null`: none any more). `last`: the one before;
    `bulk`: the bulk enrolment that was begun last."""

    id: str
    flow: str
    trigger: str
    selection: str
    settings: dict[str, Any]
    timezone: str
    due: Instant | None
    last: Occasion | None
    bulk: str | None


class ScheduleList(Model):
    items: list[ScheduleView]


def shown(schedule: Schedule) -> ScheduleView:
    settings = schedule.trigger.model_dump(mode="json", exclude_defaults=True)
    return ScheduleView(
        id=schedule.id, flow=schedule.flow, trigger=schedule.place, selection=schedule.selection,
        settings=settings, timezone=schedule.timezone, due=schedule.due, last=schedule.last, bulk=schedule.bulk,
    )  # fmt: skip


def router(schedules: Schedules) -> APIRouter:
    routes = APIRouter(prefix="/v1/enrolments/schedules", tags=["bulk enrolments"])

    @routes.get("")
    async def list_schedules(
        key: MayPost,
        sight: SightOf,
        flow: Slug | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> ScheduleList:
        """Those of running and paused flows, by flow. An instant that nobody was there to see to is made up, if it is
        the latest; `missed_since` tells of others."""
        found = await schedules.of(flow, limit)
        readable = [each for each in found if isinstance(each, Schedule)]
        hidden = await sight.hidden(key, [each.flow for each in readable])
        return ScheduleList(items=[shown(each) for each in readable if each.flow not in hidden])

    return routes
