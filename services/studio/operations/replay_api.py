"""`/v1/operations/replay`: events of the past for flows that never decided on them."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model, Slug
from common.runtime.problems import Conflict, NotFound
from services.studio.flow_designs import Designs
from services.studio.operations.replay import Cursor, Replay, Replayed


class ReplayRequest(Model):
    """`since` is machine time. `event` goes on behind that event, archived at `since`."""

    since: Instant
    flow: Slug | None = None
    event: str | None = Field(default=None, max_length=64)


class ReplayAnswer(Model):
    """What one page of the archive came to; where `next` is not null, ask for it to go on."""

    looked: int
    reissued: int
    under_way: int
    unknowable: int
    next: ReplayRequest | None


class TooLongAgo(Conflict):
    """`kept_since` is the earliest moment from which it can be told what was decided."""

    slug, title = "too-long-ago", "Too long ago"

    def __init__(self, kept_since: datetime) -> None:
        super().__init__(
            f"decisions are kept since {kept_since:%Y-%m-%d %H:%M} UTC; before that nobody knows what was decided",
            kept_since=kept_since.isoformat(),
        )


def router(replay: Replay, designs: Designs, decisions_kept: timedelta | None) -> APIRouter:
    routes = APIRouter()

    @routes.post("/replay")
    async def take_up_again(request: ReplayRequest) -> ReplayAnswer:
        """Reissue a page of events to flows that were open when they came and never decided on them."""
        check_age(request.since, decisions_kept)
        if request.flow is not None and await designs.flows.get(request.flow) is None:
            raise NotFound("flow", request.flow)
        done = await replay.page(Cursor(request.since, request.event), request.flow)
        return answer(done, request.flow)

    return routes


def check_age(since: datetime, kept: timedelta | None) -> None:
    """Raises `TooLongAgo`."""
    if kept is not None and since < (edge := datetime.now(UTC) - kept):
        raise TooLongAgo(edge)


def answer(done: Replayed, flow: str | None) -> ReplayAnswer:
    following = done.next and ReplayRequest(since=done.next.at, event=done.next.event, flow=flow)
    return ReplayAnswer(
        looked=done.looked,
        reissued=done.reissued,
        under_way=done.under_way,
        unknowable=done.unknowable,
        next=following,
    )
