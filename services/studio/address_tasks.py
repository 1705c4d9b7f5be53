"""`/v1/addresses/tasks`: what a person does with those on the lists of blocked addresses and complaints, and with the
people behind them (domain.md §9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, Self, assert_never
from uuid import uuid4

from fastapi import APIRouter, Depends, Header
from pydantic import Field, model_validator

from common.adapters.mongo.addresses import Listed, MongoAddresses
from common.domain.access import ApiKey, Scope
from common.domain.model import Model, Slug
from common.domain.reassess import address_key
from common.domain.selection import SelectionKind
from common.messages import tasks
from common.messages.record import Record
from common.messages.ticket import FRAME
from common.ports import Selections
from common.runtime.intake import Intake
from common.runtime.keys import require
from common.runtime.problems import Invalid

MOST_NAMED = 1_000
PAGES = 10
"""Of `FRAME` addresses, taken in one request."""

MayManage = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Stands in for `id`.")
]


class Unblock(Model):
    """Mail goes to the address again, its bounces counted anew. A complaint stays on record."""

    kind: Literal["unblock"]


class MarkAsFormerEmployee(Model):
    """The contacts who have the address are retired: they drop out before their next step. Triggers nothing."""

    kind: Literal["mark_as_former_employee"]


class AddToSelection(Model):
    """The contacts who have the address come onto a static selection."""

    kind: Literal["add_to_selection"]
    selection: Slug


class AddToProject(Model):
    """The contacts who have the address come onto a project."""

    kind: Literal["add_to_project"]
    project: Slug


ForPeople = MarkAsFormerEmployee | AddToSelection | AddToProject
AnyTask = Annotated[Unblock | ForPeople, Field(discriminator="kind")]


class AddressTask(Model):
    """A task for the addresses that are named, or for all on a list, behind `after`. `id` makes it repeatable."""

    task: AnyTask
    addresses: list[Annotated[str, Field(min_length=1, max_length=320)]] | None = Field(
        default=None, min_length=1, max_length=MOST_NAMED
    )
    listed: Listed | None = None
    after: str | None = Field(default=None, max_length=320)
    id: str | None = Field(default=None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.addresses is None) == (self.listed is None):
            raise ValueError("name addresses, or say on which list they are")
        return self


class AddressTaskAnswer(Model):
    """`taken`: how many addresses were unblocked, or how many contacts have the task before them now. `nobody`: named
    addresses that no contact has. Where `next` is given, send the request again with it as `after`."""

    id: str
    taken: int
    nobody: list[str] = Field(default_factory=list)
    next: str | None = None


class Holders(Protocol):
    """Who has which address."""

    async def with_addresses(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]: ...


@dataclass(frozen=True, slots=True)
class AddressTasks:
    addresses: MongoAddresses
    holders: Holders
    selections: Selections
    intake: Intake

    async def set(self, asked: AddressTask, name: str) -> AddressTaskAnswer:
        await self._possible(asked.task)
        if asked.addresses is not None:
            keys = sorted({address_key(address) for address in asked.addresses})
            taken, nobody = await self._perform(asked.task, keys, name)
            return AddressTaskAnswer(id=name, taken=taken, nobody=nobody)
        assert asked.listed is not None, "validated"
        return await self._for_list(asked.task, asked.listed, asked.after, name)

    async def _possible(self, task: AnyTask) -> None:
        if isinstance(task, AddToSelection):
            known = await self.selections.get(task.selection)
            if known is None or known.kind is not SelectionKind.STATIC:
                told = f"there is no static selection {task.selection!r}; make it first"
                raise Invalid([{"pointer": "#/task/selection", "detail": told}])

    async def _for_list(
        self, task: AnyTask, listed: Listed, after: str | None, name: str
    ) -> AddressTaskAnswer:
        taken = 0
        for _ in range(PAGES):
            rows = await self.addresses.listed(listed, after=after, limit=FRAME)
            new, _nobody = await self._perform(task, [row.address for row in rows], name)
            taken += new
            if len(rows) < FRAME:
                return AddressTaskAnswer(id=name, taken=taken)
            after = rows[-1].address
        return AddressTaskAnswer(id=name, taken=taken, next=after)

    async def _perform(self, task: AnyTask, keys: Sequence[str], name: str) -> tuple[int, list[str]]:
        if isinstance(task, Unblock):
            return await self.addresses.unblock(keys), []
        found = await self.holders.with_addresses(keys)
        contacts = sorted({contact for holders in found.values() for contact in holders})
        new = await self.intake.submit([record(task, name, contact) for contact in contacts])
        return sum(new), [key for key in keys if key not in found]


def record(task: ForPeople, name: str, contact: str) -> Record:
    match task:
        case MarkAsFormerEmployee():
            return tasks.retired(name, contact)
        case AddToSelection(selection=selection):
            return tasks.added_to_selection(name, contact, selection)
        case AddToProject(project=project):
            return tasks.added_to_project(name, contact, project)
        case _:
            assert_never(task)


def router(work: AddressTasks) -> APIRouter:
    routes = APIRouter(prefix="/v1/addresses", tags=["addresses"])

    @routes.post("/tasks", status_code=202)
    async def set_task(
        key: MayManage, asked: AddressTask, idempotency_key: IdempotencyKey = None
    ) -> AddressTaskAnswer:
        """Unblock addresses, or mark those who have them as former employees, or add them to a selection or a
        project."""
        return await work.set(asked, asked.id or idempotency_key or uuid4().hex)

    return routes
