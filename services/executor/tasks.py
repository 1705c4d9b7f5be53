"""`/v1/participants/tasks`: what a person does with one, several, or all participants who match (domain.md §5).

Each becomes a record on the road, with an id that follows from the task's; only the partition's owner changes
anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self
from uuid import uuid4

from fastapi import APIRouter, Depends, Header
from pydantic import Field, model_validator

from common.domain.access import ApiKey, Scope
from common.domain.model import Model, Slug
from common.domain.participant import Participant
from common.domain.participant_filter import ParticipantFilter, Place
from common.domain.reasons import FlowState
from common.domain.selection import SelectionKind
from common.messages import tasks
from common.messages.record import Record
from common.messages.ticket import FRAME
from common.ports import Selections
from common.runtime.intake import Intake
from common.runtime.keys import require
from common.runtime.problems import Conflict, Invalid, NotFound
from common.runtime.sight import Sight, sight_of
from services.executor.listing import Participation, Sort, place

MOST_NAMED = 1_000
PAGES = 10
"""Of `FRAME` participants, taken in one request."""

MayManage = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
SightOf = Annotated[Sight, Depends(sight_of)]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Stands in for `id`.")
]


class AddToSelection(Model):
    """Onto a static selection; triggers hear of it."""

    kind: Literal["add_to_selection"]
    selection: Slug

    def record(self, task: str, participant: Participant, by: str) -> Record:
        return tasks.added_to_selection(task, participant.contact, self.selection)


class SuggestForFlow(Model):
    """Another flow, whose filter and exclusion lists decide."""

    kind: Literal["suggest_for_flow"]
    flow: Slug

    def record(self, task: str, participant: Participant, by: str) -> Record:
        return tasks.suggested(task, participant.contact, self.flow, f"flow {participant.flow}, {by}")


class Remove(Model):
    """Erase the passage: enrolled falls by one, and the contact may come in again."""

    kind: Literal["remove"]

    def record(self, task: str, participant: Participant, by: str) -> Record:
        return tasks.removed(task, participant, by)


AnyTask = Annotated[AddToSelection | SuggestForFlow | Remove, Field(discriminator="kind")]


class TaskRequest(Model):
    """A task for the participants of `flow` that are named, or for all who match.

    `after`: `next` of the answer before, where those who match are too many for one request. `id` makes it
    repeatable: whoever had this task under it is left alone.
    """

    flow: Slug
    task: AnyTask
    participants: list[Annotated[str, Field(max_length=64)]] | None = Field(
        default=None, min_length=1, max_length=MOST_NAMED
    )
    matching: ParticipantFilter | None = None
    after: str | None = Field(default=None, max_length=64)
    id: str | None = Field(default=None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.participants is None) == (self.matching is None):
            raise ValueError("name participants, or say which are matching ({} for everybody)")
        return self


class TaskAnswer(Model):
    """`taken`: how many have it before them now; `repeated`: how many had it under this id already; `unknown`: named,
    but not in the flow. Where `next` is given, send the request again with it as `after`, and with this `id`."""

    id: str
    taken: int
    repeated: int
    unknown: list[str] = Field(default_factory=list)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Tasks:
    participation: Participation
    selections: Selections
    intake: Intake

    async def set(self, asked: TaskRequest, name: str, by: str) -> TaskAnswer:
        await self.participation.known(asked.flow)
        await self._possible(asked)
        if asked.participants is not None:
            return await self._for_named(asked, asked.participants, name, by)
        return await self._for_matching(asked, asked.matching or ParticipantFilter(), name, by)

    async def _possible(self, asked: TaskRequest) -> None:
        """Raises `Invalid`, with the field, and `Conflict` where the other flow takes nobody."""
        match asked.task:
            case AddToSelection(selection=name):
                known = await self.selections.get(name)
                if known is None or known.kind is not SelectionKind.STATIC:
                    raise wrong("selection", f"there is no static selection {name!r}; make it first")
            case SuggestForFlow(flow=other):
                flow = await self.participation.flows.get(other)
                if flow is None:
                    raise wrong("flow", f"there is no flow {other!r}")
                if other == asked.flow:
                    raise wrong("flow", "is the flow that they are in; choose another")
                if flow.state is FlowState.NOT_RUNNING:
                    raise Conflict(f"flow {other!r} takes no participants; run it first")
            case Remove():
                pass

    async def _for_named(self, asked: TaskRequest, ids: Sequence[str], name: str, by: str) -> TaskAnswer:
        found = await self.participation.stores.participants.many(ids)
        here = [participant for participant in found if participant.flow == asked.flow]
        unknown = sorted(set(ids) - {participant.id for participant in here})
        if not here:
            raise NotFound("participant", ", ".join(unknown[:10]))
        new = await self._submit(asked, here, name, by)
        return TaskAnswer(id=name, taken=new, repeated=len(here) - new, unknown=unknown)

    async def _for_matching(
        self, asked: TaskRequest, wanted: ParticipantFilter, name: str, by: str
    ) -> TaskAnswer:
        """Page by page, the oldest first: who comes in meanwhile comes last."""
        after, new, reached = place(asked.after, "after"), 0, 0
        for _ in range(PAGES):
            found = await self.participation.page(asked.flow, wanted, Sort.OLDEST, after, FRAME)
            new += await self._submit(asked, found, name, by)
            reached += len(found)
            if len(found) < FRAME:
                return TaskAnswer(id=name, taken=new, repeated=reached - new)
            after = Place.of(found[-1])
        return TaskAnswer(id=name, taken=new, repeated=reached - new, next=str(after))

    async def _submit(self, asked: TaskRequest, found: Sequence[Participant], name: str, by: str) -> int:
        """How many it is new to; somebody with several passages is added or suggested once."""
        records = [asked.task.record(name, participant, by) for participant in found]
        return sum(await self.intake.submit(records))


def wrong(field: str, detail: str) -> Invalid:
    return Invalid([{"pointer": f"#/task/{field}", "detail": detail}])


def router(work: Tasks) -> APIRouter:
    routes = APIRouter(prefix="/v1/participants", tags=["participants"])

    @routes.post("/tasks", status_code=202)
    async def set_task(
        key: MayManage, sight: SightOf, asked: TaskRequest, idempotency_key: IdempotencyKey = None
    ) -> TaskAnswer:
        """Add participants to a selection, suggest them for another flow, or remove them from this one."""
        other = [asked.task.flow] if isinstance(asked.task, SuggestForFlow) else []
        await sight.check(key, asked.flow, *other)
        name = asked.id or idempotency_key or uuid4().hex
        return await work.set(asked, name, f"key {key.name}")

    @routes.delete("/{participant}", status_code=202)
    async def remove(key: MayManage, sight: SightOf, participant: str) -> None:
        """Erase a passage by hand: figures fall by one, and the contact may come in again."""
        found = await work.participation.stores.participants.many([participant])
        if not found or await sight.hidden(key, [found[0].flow]):
            raise NotFound("participant", participant)
        await work.intake.submit([tasks.removed(uuid4().hex, found[0], f"key {key.name}")])

    return routes
