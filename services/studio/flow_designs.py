"""Writing flows: drafts, and what stands in the way of changing or deleting one (domain.md §2)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from common.domain.action_warnings import action_warnings
from common.domain.chart import MAX_DEPTH, layout
from common.domain.flow import Flow, FlowVersion, StoredFlow
from common.domain.flow_problems import Known, Problem, problems
from common.domain.flow_warnings import warnings
from common.domain.kept_elsewhere import elsewhere
from common.domain.life_cycle import Act, ActRefused, StructureLocked, check_structure, deletable, edit
from common.domain.model import Model
from common.domain.patterns.pattern import Pattern
from common.domain.reasons import FlowState
from common.domain.selection import SelectionKind
from common.domain.sender_domains import Approved
from common.domain.steps import Step
from common.domain.user_warnings import user_warnings
from common.ports import Clock, Contents, FlowDesigns, Projects, Selections, SenderDomainDesigns
from common.runtime.problems import Changed, Conflict, Invalid, NotFound
from services.studio.etags import Conditions
from services.studio.flow_usage import Usage
from services.studio.wrong_state import WrongState


def named_projects(draft: Flow) -> set[str]:
    steps = (place.step for place in layout(draft.steps))
    naming = chain[Pattern | Step](draft.triggers, draft.success.criteria, steps)
    return {project for each in naming for project in each.projects()}


class Passages(Protocol):
    """Who is inside a flow."""

    async def standing(self, flow: str, run: int) -> Mapping[str, int]:
        """How many active participants stand on each step."""
        ...


class Locked(Conflict):
    """Part of a flow can't be changed while people are inside."""

    slug, title = "structure-locked", "People are inside"


class Fault(Model):
    """One thing that keeps a flow from running. `step` is `None` for the flow itself; `place` is the step's, in
    words."""

    step: str | None
    place: str
    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Designs:
    """Flows as their authors change them. `lacking`: channels by which nothing is sent, with the setting that is
    not set."""

    flows: FlowDesigns
    contents: Contents
    selections: Selections
    projects: Projects
    sender_domains: SenderDomainDesigns
    passages: Passages
    clock: Clock
    lint: Callable[[str], Iterable[str]]
    usage: Usage
    lacking: Mapping[str, str] = field(default_factory=dict)

    async def get(self, flow: str) -> StoredFlow:
        stored = await self.flows.get(flow)
        if stored is None:
            raise NotFound("flow", flow)
        return stored

    async def put(self, flow: str, draft: Flow, given: Conditions, *, by: str) -> tuple[StoredFlow, bool]:
        """Create or change; answers the flow and whether it is new. The same draft again changes nothing."""
        stored = await self.flows.get(flow)
        given.check(f"flow {flow!r}", stored.revision if stored else None)
        shallow(draft)
        if stored is None:
            return await self._create(flow, draft, by), True
        if stored.draft == draft:
            return stored, False
        return await self._change(stored, draft, by), False

    async def _create(self, flow: str, draft: Flow, by: str) -> StoredFlow:
        created = await self.flows.create(flow, draft, at=await self.clock.now(), by=by)
        if created is None:
            raise Changed(f"somebody else has just created flow {flow!r}")
        return created

    async def _change(self, stored: StoredFlow, draft: Flow, by: str) -> StoredFlow:
        try:
            changed = edit(stored, draft, at=await self.clock.now(), by=by)
        except ActRefused as refused:
            raise WrongState(refused, stored) from None
        await self.check_people(changed)
        if not await self.flows.save(changed, read=stored.revision):
            raise Changed(f"somebody else has just changed flow {stored.id!r}")
        return changed

    async def check_people(self, stored: StoredFlow) -> FlowVersion | None:
        """Whether everybody inside a paused flow can go on by its draft; raises `Locked`. Answers the version by
        which they stand."""
        if stored.state is not FlowState.PAUSED:
            return None
        frozen = await self.flows.version(stored.id, stored.version)
        assert frozen is not None, f"{stored.id} is paused, so it was frozen"
        try:
            check_structure(
                frozen.document, stored.draft, await self.passages.standing(stored.id, stored.run)
            )
        except StructureLocked as locked:
            errors = [{"step": each.step, "detail": str(each)} for each in locked.locks]
            raise Locked(str(locked), step=locked.locks[0].step, errors=errors) from None
        return frozen

    async def delete(self, flow: str, given: Conditions) -> None:
        stored = await self.get(flow)
        given.check(f"flow {flow!r}", stored.revision)
        if not deletable(stored):
            raise WrongState(ActRefused(Act.DELETE, stored.state), stored)
        if not await self.flows.delete(stored.but(updated_at=await self.clock.now())):
            raise Changed(f"somebody else has just changed flow {flow!r}")

    async def faults(self, flow: str, draft: Flow) -> list[Fault]:
        """Everything that keeps a draft from running, each with its step."""
        selections = await self.selections.all()
        known = Known(
            own=flow,
            contents=frozenset(await self.contents.heads()),
            flows=frozenset(await self.flows.ids()),
            selections=frozenset(s.id for s in selections if s.kind is SelectionKind.STATIC),
            approved=Approved.of((await self.sender_domains.all()).domains),
            lint=self.lint,
            projects=frozenset(await self.projects.known(named_projects(draft))),
            searches=frozenset(s.id for s in selections if s.kind is SelectionKind.DYNAMIC),
        )
        return [fault(found) for found in problems(draft, known)]

    async def warnings(self, draft: Flow) -> list[Fault]:
        """What its author may have overlooked."""
        found = [
            *warnings(draft, self.lacking),
            *user_warnings(draft, await self.usage.users_known(draft)),
            *action_warnings(draft, await self.usage.of(draft)),
            *elsewhere(draft, await self.usage.here(draft)),
        ]
        return [fault(each) for each in found]

    async def check(self, stored: StoredFlow) -> None:
        """Raises `Invalid` with everything that keeps this draft from running."""
        if faults := await self.faults(stored.id, stored.draft):
            number = f"{len(faults)} problem" + ("s" if len(faults) > 1 else "")
            raise Invalid([fault.model_dump() for fault in faults], f"flow {stored.id!r} has {number}")


def fault(found: Problem) -> Fault:
    return Fault(step=found.step, place=found.place, field=found.field, detail=found.message)


def shallow(draft: Flow) -> None:
    """Raises `Invalid` for a draft nested deeper than the store can hold."""
    if too_deep := next((place for place in layout(draft.steps) if place.depth > MAX_DEPTH), None):
        detail = f"step {too_deep.step.id!r} lies in more than {MAX_DEPTH} splits"
        raise Invalid([{"pointer": "#/steps", "detail": detail}], detail)
